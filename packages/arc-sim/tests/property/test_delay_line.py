"""A delay line keeps the order, lets nothing leave early, and does not add delays up."""

from hypothesis import given
from hypothesis import strategies as st

from arc_sim.sandboxes.edges.delay_line import DelayLine, Ending


class Timer:
    def __init__(self, when, call):
        self.when, self.call, self.is_cancelled = when, call, False

    def cancel(self):
        self.is_cancelled = True


class ManualLoop:
    """An event loop whose time moves by hand."""

    def __init__(self):
        self.now_s = 1000.0
        self.timers = []

    def time(self):
        return self.now_s

    def call_at(self, when, call):
        self.timers.append(Timer(when, call))
        return self.timers[-1]

    def advance(self, seconds):
        end_s = self.now_s + seconds
        while due := [timer for timer in self.timers if not timer.is_cancelled and timer.when <= end_s]:
            timer = min(due, key=lambda timer: timer.when)
            self.timers.remove(timer)
            self.now_s = max(self.now_s, timer.when)
            timer.call()
        self.now_s = end_s


def make(limit_bytes=1000):
    loop, left, reading = ManualLoop(), [], []
    line = DelayLine(loop, lambda item: left.append((loop.now_s, item)), reading.append, limit_bytes)
    return loop, line, left, reading


steps = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=30)


@given(steps)
def test_order_is_kept_and_nothing_leaves_early_or_later_than_its_slowest_predecessor(pushed):
    loop, line, left, _ = make()
    due_s, earliest_s = [], []
    for pause_s, hold_s, data in pushed:
        loop.advance(pause_s)
        line.push(data, hold_s)
        earliest_s.append(loop.now_s + hold_s)
        due_s.append(max(earliest_s))
    loop.advance(10)
    assert [item for _, item in left] == [data for _, _, data in pushed]
    for (at_s, _), early_s, latest_s in zip(left, earliest_s, due_s, strict=True):
        assert early_s - 1e-6 <= at_s <= latest_s + 1e-6
    assert line.waiting_bytes == 0


@given(steps, st.integers(0, 30))
def test_release_empties_it_at_once_in_order(pushed, stop_after):
    loop, line, left, _ = make()
    for _, hold_s, data in pushed[:stop_after]:
        line.push(data, hold_s + 1)
    line.release()
    assert [item for _, item in left] == [data for _, _, data in pushed[:stop_after]]
    assert all(at_s == loop.now_s for at_s, _ in left)
    line.push(b"next", 0)
    assert left[-1] == (loop.now_s, b"next")


@given(st.lists(st.integers(1, 400), min_size=1, max_size=40))
def test_a_full_line_stops_the_sender_and_lets_it_go_on(sizes):
    loop, line, left, reading = make(limit_bytes=1000)
    for size in sizes:
        line.push(b"x" * size, 1)
        assert line.waiting_bytes <= 1000 or reading[-1] is False
    loop.advance(2)
    assert line.waiting_bytes == 0
    assert reading in ([], [False, True])
    assert sum(len(item) for _, item in left) == sum(sizes)


def test_the_end_leaves_last():
    loop, line, left, _ = make()
    line.push(b"data", 0.25)
    line.push(Ending.END, 0)
    loop.advance(1)
    assert [item for _, item in left] == [b"data", Ending.END]


def test_nothing_leaves_while_the_receiver_is_full():
    loop, line, left, _ = make()
    line.stop()
    line.push(b"a", 0)
    loop.advance(1)
    assert left == []
    line.go()
    assert [item for _, item in left] == [b"a"]


def test_what_is_cleared_never_leaves():
    loop, line, left, _ = make()
    line.push(b"a", 1)
    line.clear()
    loop.advance(5)
    assert left == []
