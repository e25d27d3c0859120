"""multiprocessing in its three ways of starting, os.fork after Arc and during calls, and pools of processes."""

import multiprocessing
import os
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from harness import Step

sys.path.insert(0, str(Path(__file__).parent))
CHILDREN = 4


def in_child(number, results):
    """Ask from a child; what was said goes back by the queue."""
    from served import ask

    results.put((number, ask(f"r{number}")["said"]))


def pooled(number):
    from served import ask

    return ask(f"r{number}")["said"]


def started(way):
    context = multiprocessing.get_context(way)
    results = context.Queue()
    children = [context.Process(target=in_child, args=(number, results)) for number in range(CHILDREN)]
    for child in children:
        child.start()
    said = sorted(results.get(timeout=90) for _ in children)
    for child in children:
        child.join(60)
    return said, [child.exitcode for child in children]


def pool(way):
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(way)) as processes:
        return list(processes.map(pooled, range(CHILDREN)))


def forked_among_threads():
    """Fork in a program that has asked before and has eight threads; its children ask and end.

    The threads rest at that moment: a fork during a call deadlocks in the child without Arc as well, on locks of the
    HTTP library that another thread held.
    """
    import openai
    import served

    done = threading.Event()
    threads = [threading.Thread(target=lambda: (served.ask("parent"), done.wait())) for _ in range(8)]
    for thread in threads:
        thread.start()
    while len(served.ANSWERED) % 8 or not served.ANSWERED:
        done.wait(0.01)
    codes = []
    for number in range(CHILDREN):
        child = os.fork()
        if child == 0:
            served.CLIENT = openai.OpenAI(**served.CONNECT)  # a child never shares its parent's connections
            os._exit(0 if served.ask(f"child {number}")["said"] == f"You said: child {number}" else 1)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    done.set()
    for thread in threads:
        thread.join()
    return codes


def once_in_children(events):
    pids = {event["pid"] for event in events}
    return "" if len(events) == CHILDREN and os.getpid() not in pids else f"{len(events)} events, {len(pids)} processes"


def children_too(events):
    names = [event["body"]["messages"][0]["content"] for event in events]
    missing = [number for number in range(CHILDREN) if names.count(f"child {number}") != 1]
    return f"not once: children {missing}" if missing else ""


def steps(url):
    ways = [
        Step(f"multiprocessing, {way}", lambda way=way: started(way), check=once_in_children)
        for way in ("fork", "spawn", "forkserver")
    ]
    pools = [
        Step(f"ProcessPoolExecutor, {way}", lambda way=way: pool(way), check=once_in_children)
        for way in ("fork", "spawn")
    ]
    return [*ways, *pools, Step("os.fork after Arc(), among threads", forked_among_threads, check=children_too)]
