"""XML build files as trees without namespaces. A document type, which could make them large, is refused."""

from xml.etree import ElementTree

MAX_DEPTH_BYTES = 512 * 1024


def parse(content: "bytes | str") -> "ElementTree.Element | None":
    """Return the root, None for what is no well-formed XML of a reasonable size."""
    data = content.encode() if isinstance(content, str) else content
    if len(data) > MAX_DEPTH_BYTES or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return None
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, RecursionError):
        return None
    for element in root.iter():
        if isinstance(element.tag, str) and "}" in element.tag:
            element.tag = element.tag.partition("}")[2]
    return root


def text_at(element: "ElementTree.Element | None", *path: str) -> str:
    """Return the text of a child, empty when there is none."""
    for name in path:
        element = element.find(name) if element is not None else None
    return (element.text or "").strip() if element is not None else ""
