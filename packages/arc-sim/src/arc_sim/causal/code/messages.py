"""How code sends and receives messages: calls and annotations of the clients of brokers, in every language."""

import re
from dataclasses import dataclass
from typing import Literal

from arc_sim.causal.code.program import Expression


@dataclass(frozen=True)
class Pattern:
    """One way to write to a channel or to read from it."""

    technology: str
    writes: bool
    callee: "re.Pattern[str]"
    """Matched against the whole callee."""
    keys: "re.Pattern[str] | None" = None
    """Names of the argument or option that holds the channel."""
    position: int | None = 0
    """Position of the argument otherwise; None when only a named one counts."""
    imports: str = ""
    """A word that must stand in the file's imports (or in the callee)."""
    kind: Literal["topic", "queue", "stream", "list"] = "topic"
    by_type: bool = False
    """The type of the message is the channel."""

    def matches(self, callee: str, imports: str) -> bool:
        """Tell whether a call is this one."""
        if self.callee.search(callee) is None:
            return False
        return (
            not self.imports
            or re.search(self.imports, imports) is not None
            or re.search(self.imports, callee.lower()) is not None
        )


def _p(technology: str, writes: bool, callee: str, **rest: object) -> Pattern:
    keys = rest.pop("keys", None)
    compiled = re.compile(str(keys), re.IGNORECASE) if keys else None
    return Pattern(technology, writes, re.compile(callee), compiled, **rest)  # type: ignore[arg-type]  # literals below


TOPIC = r"^(?:topics?|topic_?name|group_?topics|topicid)$"
QUEUE = r"^(?:queues?|queue_?name|bindings)$"
ROUTE = r"^(?:routing_?key|queue|queue_?name)$"
AWS_NAME = r"^(?:queue_?url|topic_?arn|target_?arn)$"
CELERY, KAFKA, NATS = "celery", "kafka|sarama|franz|rdkafka|brod|karafka|waterdrop|racecar", "nats"
AWS = "boto|aws|sqs|sns"
AMQP, REDIS = "amqp|rabbit|pika|bunny|lapin", "redis|lettuce|valkey|redix"
BUS = "eventbus|masstransit|integrationevent|nservicebus|rebus|wolverine"

LIKELY = re.compile(
    r"(?i)publish|subscri|consum|push|pop|xadd|xread|stream|listener|send|produc|record|writer|reader|topic|deliver|receive|"
    r"rabbithandler|incoming|outgoing|@channel|pattern|assign|request|basic_?get|task|sidekiq|event"
)
"""Looked for first: most calls are none of these."""

PATTERNS: tuple[Pattern, ...] = (
    _p("kafka", False, r"^@(?:KafkaListener|RetryableTopic)$", keys=TOPIC + r"|^value$"),
    _p("kafka", False,
       r"(?:^|\.)(?:KafkaConsumer|NewReader|ReaderConfig|StreamConsumer)$",
       keys=TOPIC, imports=KAFKA),
    _p("kafka", False,
       r"(?:^|\.)(?:subscribe|Subscribe|SubscribeTopics|ConsumePartition|assign|subscribe_topics)$",
       keys=TOPIC, imports=KAFKA),
    _p("kafka", False, r"(?i)consumer\w*\.(?:consume)$|\bgroup\.Consume$", position=1, imports=KAFKA),
    _p("kafka", True,
       r"(?:^|\.)(?:ProducerRecord|ProducerMessage|FutureRecord\.to|BaseRecord\.to|NewWriter|WriterConfig|"
       r"TopicPartition)$",
       keys=TOPIC, imports=KAFKA),
    _p("kafka", True,
       r"(?i)(?:kafkaTemplate|producer|kafka)\w*\.(?:send|produce|ProduceAsync|produce_sync|deliver|deliver_async)$",
       keys=TOPIC, imports=KAFKA),
    _p("amqp", False, r"^@Rabbit(?:Listener|Handler)$", keys=QUEUE, kind="queue"),
    _p("amqp", False,
       r"\.(?:Consume|ConsumeWithContext|basic_consume|basicConsume|BasicConsume|BasicConsumeAsync|"
       r"basic_get|BasicGet)$",
       keys=QUEUE, imports=AMQP, kind="queue"),
    _p("amqp", False, r"(?i)(?:channel|ch)\w*\.consume$", keys=QUEUE, imports=AMQP, kind="queue"),
    _p("amqp", False, r"\.NewReceiver$", position=1, imports=AMQP, kind="queue"),
    _p("amqp", True, r"(?:^|\.)AMQP\.Basic\.publish$", position=2, kind="queue"),
    _p("amqp", False, r"(?:^|\.)AMQP\.Basic\.consume$", position=1, kind="queue"),
    _p("amqp", True, r"\.basic_publish$", keys=ROUTE, position=2, imports="phpamqplib", kind="queue"),
    _p("aws", True,
       r"(?i)(?:^|\.)(?:send_?message(?:_?batch)?|publish(?:_?batch)?)(?:command|input|request)?$",
       keys=AWS_NAME, position=None, imports=AWS, kind="queue"),
    _p("aws", False, r"(?i)(?:^|\.)receive_?messages?(?:command|input|request)?$",
       keys=AWS_NAME, position=None, imports=AWS, kind="queue"),
    _p("amqp", True,
       r"\.(?:basic_publish|basicPublish|BasicPublish|BasicPublishAsync)$",
       keys=ROUTE, position=1, imports=AMQP, kind="queue"),
    _p("amqp", True, r"\.PublishWithContext$", position=2, imports=AMQP, kind="queue"),
    _p("amqp", True, r"(?i)(?:ch|chan|channel)\w*\.publish$", position=1, imports=AMQP, kind="queue"),
    _p("amqp", True, r"\.(?:sendToQueue|convertAndSend|createPublisher)$", keys=QUEUE, imports=AMQP, kind="queue"),
    _p("amqp", True, r"\.NewSender$", position=1, imports=AMQP, kind="queue"),
    _p("redis", True,
       r"(?i)\.(?:rpush|lpush|listrightpush(?:async)?|listleftpush(?:async)?|left_?push|right_?push)$",
       imports=REDIS, kind="list"),
    _p("redis", False,
       r"(?i)\.(?:b?lpop|b?rpop|listleftpop(?:async)?|listrightpop(?:async)?|brpoplpush|blmove)$",
       imports=REDIS, kind="list"),
    _p("redis", True, r"(?i)\.(?:xadd|streamadd(?:async)?)$", imports=REDIS, kind="stream", keys=r"^stream$"),
    _p("redis", False,
       r"(?i)\.(?:xread|xreadgroup|streamread(?:group)?(?:async)?)$",
       imports=REDIS, kind="stream", keys=r"^streams?$"),
    _p("nats", True, r"(?i)\.(?:publish|publishmsg|publishasync|request)$", imports=NATS, keys=r"^subject$"),
    _p("nats", False,
       r"(?i)\.(?:queue_?subscribe|subscribe|subscribesync|subscribeasync)$",
       imports=NATS, keys=r"^subject$"),
    _p("bus", True, r"(?:^|\.)(?:Publish(?:Async)?|(?:Publish|Save|Add|Raise|Send)\w*Event\w*)(?:<.*>)?$",
       by_type=True, imports=r"eventbus|masstransit|integrationevent|nservicebus|rebus|wolverine"),
    _p("bus", False, r"(?:AddSubscription|Subscribe|ConfigureEventBusSubscription)<", by_type=True),
    _p("bus", False, r"^@CapSubscribe$", imports=""),
    _p("bus", True, r"(?i)cap\w*\.Publish(?:Async)?$", imports=r"cap"),
    _p("bus", False, r"^@Topic$", position=1),
    _p("bus", True, r"\.PublishEvent(?:Async)?$", position=1, imports="dapr"),
    _p("bus", False, r"^@(?:StreamListener|Incoming|EventPattern|MessagePattern)$"),
    _p("bus", True, r"^@(?:SendTo|Outgoing|Channel)$|(?i:streambridge\.send)$"),
    _p("redis", True,
       r"(?i)(?:(?:^|\.)r|redis|client|conn|pub\w*|rdb|db|subscriber|multiplexer)\w*(?:\(\))?\.publish(?:async)?$",
       imports=REDIS),
    _p("redis", False, r"(?i)\.p?subscribe(?:async)?$", imports=REDIS),
    _p("celery", False, r"^@(?:\w+\.)*(?:task|shared_task)$",
       keys=r"^function$", position=None, imports=CELERY, kind="queue"),
    _p("celery", True, r"\.send_task$", imports=CELERY, kind="queue"),
)  # fmt: skip
"""The first one that matches counts. Names are those of the clients' own interfaces."""

OPTIONS = re.compile(r"(?:Args|Input|Options|Command|Request)$")
"""Calls that only hold the options of the call around them."""
LISTS = re.compile(r"(?:^|\.)(?:listOf|asList|of|singletonList|List|new)$")
"""Calls that make a list of what they are given."""

TASK_ENDS = (".delay", ".apply_async", ".perform_async", ".perform_in", ".perform_later")
TASK_CALL = re.compile(r"(?:^|\.)(?P<task>\w+)\.(?:delay|apply_async|perform_async|perform_in|perform_later)$")
"""Celery, Sidekiq, Active Job: the task is the channel."""


def arguments_of(call: Expression, pattern: Pattern) -> list[Expression]:
    """Return the values that may name the channel, the likeliest first."""
    named: list[Expression] = []
    pending = [(call, 0)]
    while pending and pattern.keys is not None:
        value, depth = pending.pop(0)
        for key, item in value.items:
            if key and pattern.keys.search(key):
                named += _leaves(item)
            elif key != "." and depth < 3 and (item.kind == "group" or OPTIONS.search(item.text)):
                pending.append((item, depth + 1))
    if not named and pattern.kind == "stream" and not pattern.writes:
        # `xreadgroup(group, consumer, {stream: position})`
        groups = [item for key, item in call.items if key is None and item.kind == "group"]
        named = [Expression("string", key, call.line) for item in groups for key, _ in item.items if key]
    if named or pattern.position is None:
        return named
    plain = [item for key, item in call.items if key is None]
    chosen = plain[pattern.position] if pattern.position < len(plain) else None
    return _leaves(chosen) if chosen is not None else []


def event_of(call: Expression) -> str | None:
    """Return the type of the message: ``Subscribe<OrderPaid, Handler>``, ``Publish(new OrderPaid(...))``."""
    match = re.search(r"<\s*([\w.]+)", call.text.rpartition("(")[2] if "(" in call.text else call.text)
    if match:
        return match.group(1).rpartition(".")[2]
    return next((e for key, item in call.items if key != "." and (e := created_type(item))), None)


def created_type(value: Expression) -> str | None:
    """Return the class of which a value is a new instance."""
    made = value.kind == "call" and re.fullmatch(r"(?:\w+\.)*[A-Z]\w+", value.text)
    return value.text.rpartition(".")[2] if made else None


def _leaves(value: Expression) -> list[Expression]:
    if value.kind == "group" or (
        value.kind == "call" and re.search(r"(?:^|\.)(?:listOf|asList|of|singletonList|List|new)$", value.text)
    ):
        return [leaf for _, item in value.items for leaf in _leaves(item)]
    return [value]
