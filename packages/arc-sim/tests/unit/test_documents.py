"""YAML with lines, and the files that would hurt another reader."""

import pytest

from arc_sim.causal.documents import DocumentError, dig, flatten, line_of, load_documents

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(ord(name) + 1)}: &{chr(ord(name) + 1)} [{','.join(['*' + name] * 10)}]\n" for name in "abcdefgh"
)


def test_values_are_text_and_know_their_line() -> None:
    (first, second) = load_documents(b"a:\n  b: yes\n  c: [1, 2]\n---\nd: ~\n")
    assert dig(first, "a", "b") == "yes"
    assert line_of(dig(first, "a", "b")) == 2
    assert dict(flatten(first)) == {"a.b": "yes", "a.c[0]": "1", "a.c[1]": "2"}
    assert second == {"d": None}


def test_anchors_and_merge_keys() -> None:
    (document,) = load_documents(b"base: &base {image: x, port: 1}\nsvc:\n  <<: *base\n  port: 2\n")
    assert dig(document, "svc") == {"port": "2", "image": "x"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "aliases are expanded"),
        ("a: &a [*a]", "self-referring alias"),
        ("[" * 5000, "nested deeper"),
        ("- " * 5000 + "x", "nested deeper"),
        ("a: b: c", "line 1"),
        ("key: [unclosed\nother: 1", "line 2"),
        ("{{ if .Values.x }}\nkind: Deployment\n{{ end }}", "line"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        load_documents(text.encode())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\xd8", b"a: \x00", b"\x80abc"])
def test_bytes_that_are_no_text_are_refused(content: bytes) -> None:
    with pytest.raises(DocumentError):
        load_documents(content)


def test_a_tag_constructs_nothing() -> None:
    (document,) = load_documents(b"a: !!python/object/apply:os.system [ls]")
    assert document == {"a": ["ls"]}
