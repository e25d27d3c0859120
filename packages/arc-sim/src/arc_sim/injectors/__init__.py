"""How faults get into what a sandbox runs. See base.py for the contract."""

from importlib import import_module

from arc_sim.injectors.base import Injector

INJECTORS = {
    "local": "arc_sim.injectors.local_proxy:LocalProxyInjector",
    "memory": "arc_sim.injectors.memory:MemoryInjector",
}
"""Name of the sandbox -> import path of the injector that fits it, imported on use."""


def create_injector(sandbox: str) -> Injector:
    """Return the injector for the sandbox of that name; raises KeyError for an unknown one."""
    module, _, attribute = INJECTORS[sandbox].partition(":")
    injector: Injector = getattr(import_module(module), attribute)()
    return injector
