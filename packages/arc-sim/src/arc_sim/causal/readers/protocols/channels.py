"""Message channels: who writes to a topic, queue, stream or list and who reads from it, and the broker between them."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from arc_sim.causal.code.flow.service import ServiceCode, place
from arc_sim.causal.code.flow.texts import UNKNOWN
from arc_sim.causal.code.messages import (
    LIKELY,
    PATTERNS,
    TASK_CALL,
    TASK_ENDS,
    Pattern,
    arguments_of,
    created_type,
    event_of,
)
from arc_sim.causal.code.program import CallSite, Program
from arc_sim.causal.code.scan import ServiceInput, scan
from arc_sim.causal.kinds import protocol_of
from arc_sim.causal.readers.base import Findings, Known
from arc_sim.causal.tree import Tree
from arc_sim.model import Channel, Edge, Location, Service

ONLY_BROKER = 0.7
"""Confidence of the edge to the only broker of that kind, when the code sends or receives without a known address."""

NAME = re.compile(r"^[\w.:/#*{}$-]{1,120}$")
"""What a topic may be called."""
ADDRESS_PREFIX = re.compile(r"^/?(?:queues?|topics?|exchanges?|amq/queue)/")
"""AMQP 1.0 and STOMP address a queue by a path."""


@dataclass(frozen=True)
class Message:
    """One place where a service writes to a channel or reads from it."""

    channel: str
    technology: str
    kind: Literal["topic", "queue", "stream", "list"]
    writes: bool
    location: Location


@dataclass(frozen=True)
class MessageFacts:
    """What one service sends and receives."""

    messages: tuple[Message, ...] = ()


class ChannelReader:
    """Joins the writers and readers of each channel at their broker."""

    name = "channels"

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return the channels, and the edges to brokers that only their use shows."""
        facts: dict[str, MessageFacts] = scan(tree, known, "channels")
        targets: dict[str, set[str]] = {}
        for found in scan(tree, known, "code").values():
            for edge in found.edges:
                targets.setdefault(edge.source, set()).add(edge.target)
        channels: list[Channel] = []
        edges: list[Edge] = []
        for service, found in sorted(facts.items()):
            for message in found.messages:
                broker = _broker(message.technology, known.services, targets.get(service, set()))
                if broker == service:
                    continue
                channels.append(_channel(service, message, broker))
                if broker is not None and broker not in targets.get(service, set()):
                    edges.append(_edge(service, broker, message))
        return Findings(edges=tuple(edges), channels=tuple(_joined(channels)))


def read_service(code: ServiceInput) -> MessageFacts:
    """Return what one service's code sends and receives."""
    names = code.flow
    found: dict[tuple[str, str, bool], Message] = {}
    for program in code.programs:
        imports = " ".join([*program.imports, *(base for item in program.classes for base in item.bases)]).lower()
        for message in [*_by_calls(names, program, imports), *_by_classes(program, imports)]:
            found.setdefault((message.channel, message.technology, message.writes), message)
    return MessageFacts(tuple(found.values()))


def _by_calls(names: ServiceCode, program: Program, imports: str) -> list[Message]:
    found = []
    for site in program.calls:
        found += [*_jobs(program, site), *_by_queue(names, program, site)]
        if not _is_likely(site.call.text[-60:]):
            continue
        for pattern in PATTERNS:
            if pattern.matches(site.call.text, imports):
                location = place(program, site.call.line)
                for channel in _channels(names, program, site, pattern):
                    found.append(Message(channel, pattern.technology, pattern.kind, pattern.writes, location))
                break
    return found


def _by_queue(names: ServiceCode, program: Program, site: CallSite) -> list[Message]:
    """Ruby: ``queue = channel.queue("orders")``, then ``queue.publish(x)`` or ``queue.subscribe``."""
    receiver, _, last = site.call.text.rpartition(".")
    if program.language != "ruby" or last not in ("publish", "subscribe", "pop") or not receiver:
        return []
    held = next((item for key, item in site.call.items if key == "."), None)
    places = names.values(program, site.scope, receiver) if held is None or held.kind == "name" else []
    made = [(program, site.scope, held)] if held is not None and held.kind == "call" else places
    found = []
    for home, scope, value in made[:2]:
        if value.kind == "call" and value.text.endswith(".queue"):
            first = next((item for key, item in value.items if key is None), None)
            texts = names.texts(home, scope, first) if first is not None else []
            location = place(program, site.call.line)
            found += [Message(t, "amqp", "queue", last == "publish", location) for t in texts if NAME.match(t)]
    return [message for message in found if UNKNOWN not in message.channel]


@lru_cache(maxsize=20_000)
def _is_likely(name: str) -> bool:
    return LIKELY.search(name) is not None


def _jobs(program: Program, site: CallSite) -> list[Message]:
    """Background jobs: the class or function is the channel."""
    match = TASK_CALL.search(site.call.text) if site.call.text.endswith(TASK_ENDS) else None
    technology = "sidekiq" if program.language == "ruby" else "celery"
    if match and technology == ("celery" if program.language == "python" else "sidekiq"):
        return [Message(match.group("task"), technology, "queue", True, place(program, site.call.line))]
    if site.call.text == "include" and any(item.text.startswith("Sidekiq.") for _, item in site.call.items):
        return [Message(site.function, "sidekiq", "queue", False, place(program, site.call.line))]
    return []


def _channels(names: ServiceCode, program: Program, site: CallSite, pattern: Pattern) -> list[str]:
    if pattern.by_type:
        return _types(names, program, site)
    for value in arguments_of(site.call, pattern):
        made = [ADDRESS_PREFIX.sub("", text) for text in names.texts(program, site.scope, value)]
        if pattern.technology == "aws":
            # The last part of a queue's URL or a topic's ARN.
            made = [re.split(r"[/:]", text)[-1] for text in made]
        texts = [text for text in made if UNKNOWN not in text and NAME.match(text)]
        if texts:
            return texts[:2]
        if value.kind == "env":
            return [value.text]
    return []


def _types(names: ServiceCode, program: Program, site: CallSite) -> list[str]:
    """Return the class of the message, also when a variable holds it."""
    event = event_of(site.call)
    if event:
        return [event]
    plain = [item for _, item in site.call.items if item.kind == "name" and "." not in item.text]
    held = [value for item in plain for _, _, value in names.values(program, site.scope, item.text)[:1]]
    return [event for value in held if (event := created_type(value))][:1]


def _by_classes(program: Program, imports: str) -> list[Message]:
    """Handlers that a bus finds by the message type in their base: ``IConsumer<Order>``, ``IHandleMessages<Order>``."""
    found = []
    for item in program.classes:
        for base in item.bases:
            match = re.search(r"\b(?:IConsumer|IHandleMessages|IIntegrationEventHandler|ICapSubscribe)<([\w.]+)", base)
            if match:
                name = match.group(1).rpartition(".")[2]
                found.append(Message(name, "bus", "topic", False, place(program, item.line)))
            elif program.language == "ruby" and base.lstrip("< ") in ("ApplicationJob", "ActiveJob::Base"):
                found.append(Message(item.name, "sidekiq", "queue", False, place(program, item.line)))
    return found


def _broker(technology: str, services: tuple[Service, ...], targets: set[str]) -> str | None:
    """Return the broker of that technology which the service addresses, else the only one there is."""
    fitting = [service.name for service in services if _fits(technology, service)]
    addressed = [name for name in fitting if name in targets]
    if len(addressed) == 1:
        return addressed[0]
    return fitting[0] if len(fitting) == 1 and not addressed else None


def _fits(technology: str, service: Service) -> bool:
    if service.kind not in ("broker", "cache"):
        return False
    if technology in ("bus", "celery"):
        return service.kind == "broker" or (technology == "celery" and service.kind == "cache")
    product = protocol_of(service.image, service.name) or ""
    return product == technology or (technology == "sidekiq" and product == "redis")


def _channel(service: str, message: Message, broker: str | None) -> Channel:
    producers, consumers = ((service,), ()) if message.writes else ((), (service,))
    return Channel(message.channel, broker, message.kind, producers, consumers, (message.location,))


def _edge(service: str, broker: str, message: Message) -> Edge:
    protocol = message.technology if message.technology not in ("bus", "celery", "sidekiq") else "tcp"
    return Edge(service, broker, protocol, False, ONLY_BROKER, (message.location,))


def _joined(channels: list[Channel]) -> list[Channel]:
    """Give a channel without a known broker the broker of the same name's other end; drop ends that nothing shows."""
    brokers: dict[str, set[str]] = {}
    for channel in channels:
        if channel.broker:
            brokers.setdefault(channel.name, set()).add(channel.broker)
    found = []
    for channel in channels:
        known = brokers.get(channel.name, set())
        if channel.broker is None and len(known) == 1:
            channel = replace(channel, broker=next(iter(known)))
        found.append(channel)
    sides = {(c.broker, c.name) for c in found if c.producers} & {(c.broker, c.name) for c in found if c.consumers}
    return [channel for channel in found if channel.broker is not None or (channel.broker, channel.name) in sides]
