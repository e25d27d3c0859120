"""The contract between an SDK's interceptor and the rest of us."""

from typing import Any, Optional, Protocol

from arc_common.undo import Undo
from arc_runtime.model import Call, Decision, Outcome


class Observer(Protocol):
    """Who is asked before a call and told after it. Neither method raises, blocks or changes what it is given."""

    @property
    def listening(self) -> bool:
        """Whether anybody receives events: if not, nothing has to be copied for them."""

    def decide(self, call: Call) -> Decision:
        """Return what to send."""

    def finish(self, call: Call, decision: Decision, outcome: Outcome) -> None:
        """Take the end of a call, exactly once per call that was decided."""

    def retry(self, call: Call, decision: Decision, error: Any) -> Optional[Decision]:
        """Return what to send once more after a refusal (``http_status``, ``message``), or None; may raise."""

    def passed(self, kind: str) -> None:
        """Count what goes through us unseen: ``sessions`` over websockets, ``bodies`` that cannot be read."""


class Interceptor(Protocol):
    """Intercepts one family of SDKs.

    - Each logical call is decided once and finished once; the SDK's own retries are inside it.
    - What is sent is the decision's body, or exactly what would have been sent without us.
    - The caller's arguments are never changed. Results and exceptions are the SDK's own objects.
    - After the Undo, the SDK's functions are the original objects again.
    """

    name: str
    """The provider: ``openai``."""
    module: str
    """The module that has to be imported before `install`, and whose import is the moment for it."""
    is_optional: bool
    """Whether it only counts: then its module is never imported for it, and nobody misses it."""

    def install(self, observer: Observer) -> Undo:
        """Patch the SDK, which is imported. Raises TargetMissing when it is not what we know; then nothing changed."""

    def covers(self, client: Any) -> bool:
        """Return whether calls of this client object go through what `install` patches."""

    def install_on(self, client: Any, observer: Observer) -> Undo:
        """Intercept this client, and those that are derived from it; a passage where `install` intercepts it too."""
