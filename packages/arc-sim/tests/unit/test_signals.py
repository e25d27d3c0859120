"""One KeyboardInterrupt for the first signal, none for the others, none while it is held."""

# ruff: noqa: PT012 - where in the block it is raised is what these tests are about

import signal
import sys
import threading

import pytest

from arc_common.clock import ManualClock
from arc_sim.cli.signals import Interrupts
from arc_sim.errors import Interrupted
from arc_sim.experiment.deadline import Deadline


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_interrupts_and_the_next_do_not(number):
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        assert interrupts.reason == signal.Signals(number).name
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_held_signals_come_when_the_hold_ends():
    done = []
    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt), interrupts.hold():
        with interrupts.hold():
            signal.raise_signal(signal.SIGTERM)
        done.append("inner hold passed")
        signal.raise_signal(signal.SIGINT)
        done.append("outer too")
    assert done == ["inner hold passed", "outer too"]


def test_an_error_inside_a_hold_is_not_replaced():
    with Interrupts() as interrupts, pytest.raises(ValueError, match="own"), interrupts.hold():
        signal.raise_signal(signal.SIGTERM)
        raise ValueError("own")


def test_nothing_is_raised_while_cleaning_up_after_an_interrupt():
    cleaned = []
    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt):
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            with interrupts.hold():
                signal.raise_signal(signal.SIGINT)
                cleaned.append(True)
    assert cleaned == [True]


def test_an_exception_that_is_lost_in_a_finaliser_leaves_its_reason(capsys):
    class Doomed:
        def __del__(self):
            signal.raise_signal(signal.SIGTERM)

    before = sys.unraisablehook
    with Interrupts() as interrupts:
        doomed = Doomed()
        del doomed
        deadline = Deadline(10, ManualClock(), lambda: interrupts.reason)
        with pytest.raises(Interrupted, match=r"interrupted \(SIGTERM\) while waiting"):
            deadline.check("waiting")
    assert sys.unraisablehook is before
    assert capsys.readouterr().err == ""


def test_outside_the_main_thread_it_does_nothing():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def run():
        with Interrupts() as interrupts, interrupts.hold():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [before]
