"""How faults get into what a sandbox runs. See base.py for the contract."""

from importlib import import_module

from arc_sim.injectors.base import Injector

INJECTORS = {
    "local": "arc_sim.injectors.local:LocalInjector",
    "memory": "arc_sim.injectors.memory:MemoryInjector",
}
"""Name of the sandbox -> import path of the injector that fits it, imported on use."""


def create_injector(sandbox: str, seed: int = 0) -> Injector:
    """Return the injector for the sandbox of that name; raises KeyError for an unknown one.

    seed: what is random in a fault (jitter, which request is hit) is drawn from it.
    """
    module, _, attribute = INJECTORS[sandbox].partition(":")
    injector: Injector = getattr(import_module(module), attribute)(seed)
    return injector
