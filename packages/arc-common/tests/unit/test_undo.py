"""Undo runs once, a stack runs everything in reverse."""

import threading

from arc_common.undo import Undo, UndoStack


def test_an_undo_runs_once_from_many_threads():
    calls = []
    undo = Undo(lambda: calls.append(1), "patch")
    threads = [threading.Thread(target=undo) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [1]
    assert undo.done


def test_a_stack_undoes_newest_first_and_tries_everything():
    order = []
    stack = UndoStack()
    stack.push(lambda: order.append("first"), "first")
    stack.push(lambda: 1 / 0, "broken")
    stack.push(lambda: order.append("last"), "last")
    failures = stack.close()
    assert order == ["last", "first"]
    assert [what for what, _ in failures] == ["broken"]
    assert stack.close() == []


def test_a_part_taken_alone_is_not_undone_again():
    order = []
    with UndoStack() as stack:
        alone = stack.push(lambda: order.append("alone"))
        stack.push(lambda: order.append("rest"))
        alone()
    assert order == ["alone", "rest"]
