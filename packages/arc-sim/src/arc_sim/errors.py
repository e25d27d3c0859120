"""Errors of arc-sim. A risk above the threshold is a result, not an error.

ArcError
  ConfigError            a setting, an argument or arc-sim.yaml is wrong          exit 3
  DiffError              the diff cannot be read: range, repository, file         exit 3
  PlanError              the experiment cannot be planned as asked                exit 3
  SandboxError           > NotAvailable, StartTimeout                             exit 2
  InjectError            a fault cannot be injected                               exit 2
  ProbeError             nothing could be measured                                exit 2
  Interrupted            a signal or the timeout ended the run                    exit 2
"""

from arc_common.errors import ArcError, ConfigError

__all__ = [
    "ArcError",
    "ConfigError",
    "DiffError",
    "InjectError",
    "Interrupted",
    "NotAvailable",
    "PlanError",
    "ProbeError",
    "SandboxError",
    "StartTimeout",
]


class DiffError(ArcError):
    """The diff cannot be read."""

    code = "diff.invalid"


class PlanError(ArcError):
    """The experiment cannot be planned as asked."""

    code = "plan.invalid"


class SandboxError(ArcError):
    """The sandbox failed."""

    code = "sandbox.failed"


class NotAvailable(SandboxError):
    """The sandbox cannot run here."""

    code = "sandbox.not_available"


class StartTimeout(SandboxError):
    """A service did not become ready in time."""

    code = "sandbox.start_timeout"


class InjectError(ArcError):
    """A fault cannot be injected."""

    code = "inject.failed"


class ProbeError(ArcError):
    """Nothing could be measured."""

    code = "probe.failed"


class Interrupted(ArcError):
    """A signal or the timeout ended the run before there was a result."""

    code = "run.interrupted"
