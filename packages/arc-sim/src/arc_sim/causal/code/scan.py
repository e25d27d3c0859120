"""What the code of each service says, one service at a time: in worker processes where there is much, and kept.

Whatever concerns one service only is found by a *pass*: a pure function from ``ServiceInput`` to plain data. The
readers then join what the passes found. A pass may use nothing but its input, whose digest is the key of the result.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints
from weakref import WeakKeyDictionary

import msgspec

from arc_sim.causal.addresses import Directory
from arc_sim.causal.cache import Shelf, Store, digest, encode
from arc_sim.causal.code import SERVICE_PASSES
from arc_sim.causal.code.flow.service import ServiceCode
from arc_sim.causal.code.gather import Gatherer
from arc_sim.causal.code.library import MANY_FILES, Entry, Library, is_code, library_of
from arc_sim.causal.code.program import Program
from arc_sim.causal.code.workers import Failed, run_jobs, worker_count
from arc_sim.causal.readers.base import Known, Variable
from arc_sim.causal.tree import Tree
from arc_sim.model import Service

logger = logging.getLogger(__name__)

BATCH_FILES = 300
"""Files in one job."""


@dataclass(frozen=True)
class ServiceInput:
    """All that a pass may look at."""

    service: Service
    programs: tuple[Program, ...]
    directory: Directory
    """All services by name, without their paths and environment."""
    given: dict[str, Variable]
    """The variables that manifests give to the service."""
    shared: frozenset[str]
    """Those of its files that other services are built from too."""

    @cached_property
    def flow(self) -> ServiceCode:
        """Its programs with what their names hold: indexed once for all passes."""
        return ServiceCode(self.programs, self.directory, self.given)


@dataclass(frozen=True)
class _Task:
    service: Service
    files: dict[str, bytes]
    """Path -> key of its program."""
    given: list[Variable]
    shared: list[str]


@dataclass(frozen=True)
class _Job:
    store: str
    services: tuple[Service, ...]
    tasks: list[_Task]


Results = dict[str, dict[str, Any]]
"""``{pass: {service: what it found}}``."""

_scanned: "WeakKeyDictionary[Tree, tuple[Known, Results]]" = WeakKeyDictionary()


def scan(tree: Tree, known: Known, name: str) -> dict[str, Any]:
    """Return what the pass of that name found for each service that has code; all passes run at once."""
    found = _scanned.get(tree)
    if found is None or found[0] is not known:
        found = _scanned[tree] = (known, _Scan(tree, known).run())
    return found[1][name]


def scan_services(payload: bytes) -> bytes:
    """Run all passes on some services: the job of a worker. Programs come from the store."""
    job = msgspec.msgpack.decode(payload, type=_Job)
    entries = Shelf(_store(job.store), "program", Entry)
    directory = _directory(job.services)
    found: dict[str, dict[str, bytes]] = {}
    for task in job.tasks:
        loaded = entries.load(task.files.values())
        programs = tuple(p for key in task.files.values() if (p := loaded[key].program) is not None)
        found[task.service.name] = {
            name: encode(result) for name, result in _run_passes(_input(task, programs, directory)).items()
        }
    return msgspec.msgpack.encode(found)


class _Scan:
    """One revision with what is known of its services."""

    def __init__(self, tree: Tree, known: Known) -> None:
        self._library: Library = library_of(tree)
        gatherer = Gatherer(tree, known.services)
        self._bare = tuple(replace(service, paths=(), env=(), command=()) for service in known.services)
        given: dict[str, list[Variable]] = {}
        for variable in known.variables:
            given.setdefault(variable.service, []).append(variable)
        files = {service.name: [p for p in gatherer.files(service) if is_code(p)] for service in known.services}
        self._library.prepare(path for paths in files.values() for path in paths)
        self._partial = {s for s, paths in files.items() if any(self._library.outline(p) is None for p in paths)}
        counts: dict[str, int] = {}
        for paths in files.values():
            for path in paths:
                counts[path] = counts.get(path, 0) + 1
        self._tasks = [
            _Task(
                service,
                {path: self._library.program_key(path) for path in files[service.name]},
                given.get(service.name, []),
                [path for path in files[service.name] if counts[path] > 1],
            )
            for service in known.services
            if files[service.name]
        ]

    def run(self) -> Results:
        """Return the results of all passes for all services with code."""
        results: Results = {name: {} for name in SERVICE_PASSES}
        names = digest([encode(service) for service in self._bare])
        keys = {task.service.name: digest(names, encode(task)) for task in self._tasks}
        for name in SERVICE_PASSES:
            shelf = self._shelf(name)
            found = shelf.load(shelf.key(key) for key in keys.values()) if shelf else {}
            results[name] = {s: found[shelf.key(k)] for s, k in keys.items() if shelf and shelf.key(k) in found}
        missing = [task for task in self._tasks if any(task.service.name not in r for r in results.values())]
        if self._library.store and sum(len(task.files) for task in missing) >= MANY_FILES and worker_count() > 1:
            missing = self._in_workers(missing, results, keys)
        directory = _directory(self._bare)
        for task in missing:
            found_here = _run_passes(_input(task, self._library.programs(task.files), directory))
            for name, result in found_here.items():
                self._take(name, task.service.name, result, results, keys)
        return results

    def _take(self, name: str, service: str, result: Any, results: Results, keys: dict[str, bytes]) -> None:
        results[name][service] = result
        shelf = self._shelf(name)
        if shelf and service not in self._partial:
            shelf.save([(shelf.key(keys[service]), result)])

    def _in_workers(self, tasks: list[_Task], results: Results, keys: dict[str, bytes]) -> list[_Task]:
        """Return the tasks that are left when the workers fail."""
        done: set[str] = set()
        try:
            for answer in run_jobs("scan", self._jobs(tasks), worker_count()):
                for service, by_pass in msgspec.msgpack.decode(answer, type=dict[str, dict[str, bytes]]).items():
                    for name, content in by_pass.items():
                        result = msgspec.msgpack.decode(content, type=_result_type(name))
                        self._take(name, service, result, results, keys)
                    done.add(service)
        except Failed as error:
            logger.warning("reading on without worker processes: %s", error)
        return [task for task in tasks if task.service.name not in done]

    def _jobs(self, tasks: list[_Task]) -> Iterator[bytes]:
        assert self._library.store is not None
        batch: list[_Task] = []
        for task in tasks:
            batch.append(task)
            if sum(len(item.files) for item in batch) >= BATCH_FILES:
                yield encode(_Job(str(self._library.store.path), self._bare, batch))
                batch = []
        if batch:
            yield encode(_Job(str(self._library.store.path), self._bare, batch))

    def _shelf(self, name: str) -> "Shelf[Any] | None":
        store = self._library.store
        return Shelf(store, f"pass {name}", _result_type(name)) if store else None


def _run_passes(code: ServiceInput) -> dict[str, Any]:
    return {name: _function(name)(code) for name in SERVICE_PASSES}


def _input(task: _Task, programs: tuple[Program, ...], directory: Directory) -> ServiceInput:
    given = {variable.name: variable for variable in task.given}
    return ServiceInput(task.service, programs, directory, given, frozenset(task.shared))


@cache
def _function(name: str) -> Any:
    module, _, attribute = SERVICE_PASSES[name].partition(":")
    return getattr(import_module(module), attribute)


@cache
def _result_type(name: str) -> Any:
    return get_type_hints(_function(name))["return"]


@cache
def _store(path: str) -> Store:
    return Store(Path(path))


@cache
def _directory(services: tuple[Service, ...]) -> Directory:
    return Directory(services)
