"""Starts arc-runtime in a Python process whose ``PYTHONPATH`` leads here, then gives way to the next sitecustomize.

``arc runtime run`` puts this folder in front of ``PYTHONPATH``; child processes inherit it. Every Python that is
started under it runs this file, also one that arc-runtime does not support or is not installed in: so there is
nothing in it that an old Python could not read, and whatever fails, the program starts.
"""

import importlib
import os
import sys


def _start():  # type: ignore[no-untyped-def]  # annotations are one thing more to go wrong
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib is slow to import, on every start
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]  # noqa: PTH100 - as above
    try:
        importlib.import_module("arc_runtime.auto")
    except Exception as error:  # noqa: BLE001 - the edge: the program must start
        # only the program itself complains: its children may be of any Python
        if os.environ.get("ARC_RUN_PID") == str(os.getpid()):  # noqa: TID251 - there is no config module to ask
            sys.stderr.write("arc-runtime is not active here: %s: %s\n" % (type(error).__name__, error))  # noqa: UP031
    ours = sys.modules.pop("sitecustomize")
    try:
        importlib.import_module("sitecustomize")
    except ImportError as error:
        sys.modules["sitecustomize"] = ours
        if getattr(error, "name", "sitecustomize") != "sitecustomize":
            raise


_start()  # type: ignore[no-untyped-call]  # as above
