"""``import arc_runtime.auto`` starts an Arc from the ``ARC_*`` variables: the one module whose import acts."""

from arc_runtime.arc import Arc

__all__ = ["arc"]

arc = Arc()
