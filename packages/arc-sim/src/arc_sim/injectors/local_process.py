"""Faults in the processes of the local sandbox: what happens to the callee of an edge rather than on the way to it."""

import random
from collections.abc import Callable

from arc_common.undo import Undo, UndoStack
from arc_sim.errors import InjectError
from arc_sim.injectors.base import check_amounts
from arc_sim.injectors.effects import create_effect
from arc_sim.model import Fault
from arc_sim.sandboxes.base import Running
from arc_sim.sandboxes.local import LocalRunning

Start = Callable[[LocalRunning, str, Fault], Undo]


def _kill(running: LocalRunning, service: str, fault: Fault) -> Undo:
    running.processes.kill(service)
    return Undo(lambda: running.processes.start(service), f"start {service} again")


def _restart(running: LocalRunning, service: str, fault: Fault) -> Undo:
    running.processes.kill(service)
    return Undo(running.processes.start_after(service, fault.delay_ms / 1000), f"wait until {service} is up")


def _pause(running: LocalRunning, service: str, fault: Fault) -> Undo:
    running.processes.pause(service)
    return Undo(lambda: running.processes.resume(service), f"resume {service}")


def _throttle(running: LocalRunning, service: str, fault: Fault) -> Undo:
    return Undo(running.processes.throttle(service, fault.share), f"give {service} its CPU back")


STARTS: dict[str, Start] = {"cpu_throttle": _throttle, "kill": _kill, "pause": _pause, "restart": _restart}
"""``Fault.kind`` -> what is done to a real service."""

SEEN_FROM_OUTSIDE = {"kill": "refuse", "pause": "partition", "restart": "refuse"}
"""What callers of a stand-in see instead, as it has no process. A stand-in uses no CPU that could be taken away."""


class LocalProcessInjector:
    """Acts on the callees of the target edges."""

    def supports(self, fault: Fault) -> bool:
        """Whether this kind acts on processes."""
        return fault.kind in STARTS

    def inject(self, fault: Fault, targets: tuple[tuple[str, str], ...], running: Running) -> Undo:
        """Act on every callee once, however many target edges lead to it."""
        if not isinstance(running, LocalRunning):
            raise InjectError("processes belong to the local sandbox")
        check_amounts(fault)
        edges = running.proxied_edges()
        present = {edge.key for edge in edges}
        services = sorted({target for source, target in targets if (source, target) in present})
        real = [name for name in services if running.processes.is_real(name)]
        if fault.kind not in SEEN_FROM_OUTSIDE and services and not real:
            raise InjectError(
                f"{fault.kind} needs a real process, and {', '.join(services)} is a stand-in",
                hint="say in arc-sim.yaml how to start it",
            )
        running.processes.take(services)
        stack = UndoStack()
        stack.push(lambda: running.processes.give_back(services), "free the services")
        try:
            for name in services:
                if name in real:
                    stack.push(STARTS[fault.kind](running, name, fault))
                elif fault.kind in SEEN_FROM_OUTSIDE:
                    stack.push(_from_outside(running, name, SEEN_FROM_OUTSIDE[fault.kind]))
        except BaseException:
            stack.close()
            raise
        return Undo(lambda: _close(stack), f"end {fault.kind} of {', '.join(services)}")


def _from_outside(running: LocalRunning, service: str, kind: str) -> Undo:
    incoming = [edge.key for edge in running.proxied_edges() if edge.target == service]
    running.set_effects({edge: create_effect(Fault(kind), random.Random(0)) for edge in incoming})
    return Undo(lambda: running.clear_effects(incoming), f"let {service} be reached")


def _close(stack: UndoStack) -> None:
    for _, error in stack.close():
        raise error
