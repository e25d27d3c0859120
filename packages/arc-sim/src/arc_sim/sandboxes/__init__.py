"""Where experiments run. See base.py for the contract."""

from importlib import import_module

from arc_sim.sandboxes.base import Sandbox

SANDBOXES = {
    "local": "arc_sim.sandboxes.local:LocalSandbox",
    "memory": "arc_sim.sandboxes.memory:MemorySandbox",
}
"""Name -> import path, imported on use. ``memory`` is the fake: it runs nothing."""


def create_sandbox(name: str) -> Sandbox:
    """Return the sandbox of that name with its defaults; raises KeyError for an unknown one."""
    module, _, attribute = SANDBOXES[name].partition(":")
    sandbox: Sandbox = getattr(import_module(module), attribute)()
    return sandbox
