"""Puts a text after a prompt."""

from typing import Any, Dict

from arc_runtime.fixes.base import Applied
from arc_runtime.fixes.prompts.prompt import PromptEdit, add_text


class PromptSuffix:
    """``{"prompt_suffix": " Answer in JSON."}``, or ``{"prompt_suffix": {"text": ..., "role": "user"}}``."""

    def __init__(self, path: str, value: Any) -> None:
        self._edit = PromptEdit.parse(value, f"fix.{path}", at_end=True)
        self.place = (path, self._edit.role)

    def apply(self, body: Dict[str, Any], operation: str) -> Applied:
        """Return the body whose prompt ends with the text."""
        return add_text(body, operation, self._edit)
