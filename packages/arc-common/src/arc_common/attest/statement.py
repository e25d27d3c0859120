"""in-toto Statements v1: which artifact, by digest, and what is said about it.

Source: https://github.com/in-toto/attestation, spec/v1/statement.md. We write and accept the narrow form: subjects
with a name and a SHA-256, and no field beyond those of the specification.
"""

import re
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Tuple

from arc_common.canonical import canonical_bytes, strict_loads
from arc_common.digest import is_hex
from arc_common.errors import EnvelopeError, WireError

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
"""The value of ``_type``."""

MAX_SUBJECTS = 1024
"""Most subjects that are read."""

_FIELDS = frozenset(("_type", "subject", "predicateType", "predicate"))
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f]+")  # RFC 3986: a scheme, then anything but blanks


@dataclass(frozen=True)
class Subject:
    """One artifact."""

    name: str
    """For people; not compared."""
    sha256: str
    """64 lower-case hex digits."""

    def to_dict(self) -> Dict[str, Any]:
        """Return the ResourceDescriptor as a JSON object."""
        return {"name": self.name, "digest": {"sha256": self.sha256}}


@dataclass(frozen=True)
class Statement:
    """What is said about the subjects; checked when it is made."""

    subjects: Tuple[Subject, ...]
    predicate_type: str
    """An absolute URI."""
    predicate: Mapping[str, Any]
    """A JSON object, not empty."""

    def __post_init__(self) -> None:
        if not 0 < len(self.subjects) <= MAX_SUBJECTS:
            raise EnvelopeError(f"a statement has 1 to {MAX_SUBJECTS} subjects")
        for subject in self.subjects:
            if not isinstance(subject.name, str) or not subject.name:
                raise EnvelopeError("a subject needs a name")
            if not is_hex(subject.sha256):
                raise EnvelopeError("a subject's sha256 has 64 lower-case hex digits")
        if not isinstance(self.predicate_type, str) or not _URI.fullmatch(self.predicate_type):
            raise EnvelopeError("predicateType is not an absolute URI")
        if not isinstance(self.predicate, dict) or not self.predicate:
            raise EnvelopeError("predicate is not an object, or empty")

    def to_bytes(self) -> bytes:
        """Return the canonical JSON, which is what gets signed; raises WireError for what JSON cannot hold."""
        return canonical_bytes(
            {
                "_type": STATEMENT_TYPE,
                "subject": [subject.to_dict() for subject in self.subjects],
                "predicateType": self.predicate_type,
                "predicate": self.predicate,
            }
        )


def parse_statement(payload: bytes) -> Statement:
    """Return the statement of a payload; raises EnvelopeError for anything that ``Statement`` would not write.

    The bytes need not be canonical: the signature covers them as they are.
    """
    try:
        value = strict_loads(payload)
    except WireError as error:
        raise EnvelopeError(f"statement: {error.message}") from error
    if not isinstance(value, dict) or set(value) != _FIELDS:
        raise EnvelopeError("a statement has exactly the fields " + ", ".join(sorted(_FIELDS)))
    if value["_type"] != STATEMENT_TYPE:
        raise EnvelopeError(f"_type is {value['_type']!r}, expected {STATEMENT_TYPE!r}")
    if not isinstance(value["subject"], list):
        raise EnvelopeError("subject is not a list")
    return Statement(tuple(map(_subject, value["subject"])), value["predicateType"], value["predicate"])


def _subject(entry: Any) -> Subject:
    if not isinstance(entry, dict) or set(entry) != {"name", "digest"}:
        raise EnvelopeError("a subject has exactly the fields name and digest")
    digest = entry["digest"]
    if not isinstance(digest, dict) or set(digest) != {"sha256"}:
        raise EnvelopeError("a subject's digest has exactly the field sha256")
    return Subject(entry["name"], digest["sha256"])
