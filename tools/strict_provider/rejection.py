"""What a rule says when it refuses a request, in the shape of each provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

Body = dict
"""A request or reply as JSON gives it."""


@dataclass(frozen=True)
class Rejection:
    """One refusal: everything an error body of OpenAI or Anthropic holds."""

    message: str
    param: str | None = None
    code: str | None = None
    status: int = 400
    type: str = "invalid_request_error"

    def as_openai(self) -> Body:
        """Return the error body as OpenAI writes it."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}

    def as_anthropic(self) -> Body:
        """Return the error body as Anthropic writes it."""
        return {"type": "error", "error": {"type": self.type, "message": self.message}}


class Rule(Protocol):
    """One documented reason to refuse a request; None lets it pass."""

    def __call__(self, body: Body) -> Rejection | None:
        """Return why the body is refused, or None."""


def first_rejection(rules: list[Rule], body: Body) -> Rejection | None:
    """Return what the first rule that objects says; the order of the list is the order of the checks."""
    for rule in rules:
        found = rule(body)
        if found is not None:
            return found
    return None
