"""What kind of thing an image is, by the name of the product in it."""

import re
from typing import Literal

Kind = Literal["service", "database", "cache", "broker", "external"]

PRODUCTS: tuple[tuple[Kind, str, str], ...] = (
    ("database", r"postgres(?:ql)?|postgis|timescaledb|pgpool|cockroach(?:db)?|alloydb", "postgres"),
    ("database", r"mysql|mariadb|percona", "mysql"),
    ("database", r"mongo(?:db)?|documentdb(?:-local)?|ferretdb", "mongodb"),
    ("database", r"mssql|sqlserver|sql-server|azure-sql-edge", "sqlserver"),
    ("database", r"cassandra|scylla(?:db)?", "cassandra"),
    ("database", r"elasticsearch|opensearch|solr", "http"),
    (
        "database",
        r"couchdb|couchbase|neo4j|influxdb|dynamodb(?:-local)?|clickhouse|arangodb|rethinkdb|db2|oracle|"
        r"eventstore|ravendb|tidb|yugabyte(?:db)?|surrealdb|qdrant|weaviate|milvus|minio|cosmosdb|h2",
        "tcp",
    ),
    ("cache", r"redis(?:-stack)?|valkey|keydb|dragonfly", "redis"),
    ("cache", r"memcached", "memcached"),
    ("cache", r"hazelcast|infinispan", "tcp"),
    ("broker", r"rabbitmq", "amqp"),
    ("broker", r"kafka|cp-kafka|redpanda", "kafka"),
    ("broker", r"nats|nats-streaming", "nats"),
    (
        "broker",
        r"activemq|artemis|mosquitto|emqx|hivemq|pulsar|nsqd|elasticmq|localstack|rocketmq|axonserver|ibmmq|redpanda|kubemq",
        "tcp",
    ),
)
"""Kind, product names in images, and the protocol they speak. The names are those of the products' own images."""

_PATTERNS = tuple(
    (kind, re.compile(rf"(?:^|[-_])(?:{names})(?:$|[-_])"), protocol) for kind, names, protocol in PRODUCTS
)
TELEMETRY = re.compile(
    r"(?:^|[-_])(?:jaeger|zipkin|prometheus|kube-prometheus-stack|grafana|loki|tempo|opentelemetry-collector|otel-collector|otel-lgtm|"
    r"promtail|fluentd|fluent-bit|kibana|logstash|seq|mimir|alloy|alertmanager|signoz)(?:$|[-_])"
)
"""Products that watch the others: what sends them data goes on without them."""
_TOOL = re.compile(
    r"(?:exporter|express|commander|admin|manager|insight|init|setup|migrat|operator|proxy|kafka-ui|backup|job)"
)
"""Words that make an image a tool around a product."""
_DATABASE_NAME = re.compile(r"(?:^|-)(?:db|database)$")


PLAIN = frozenset(("server", "database", "db", "community", "standalone", "latest"))
"""Image names that say nothing without the folder before them: ``mssql/server``."""


def image_name(image: str | None) -> str:
    """Return ``orders`` for ``registry:5000/shop/orders:1.2@sha256:...``."""
    path = (image or "").split("@")[0].lower().split("/")
    name = path[-1].split(":")[0]
    return f"{path[-2]}-{name}" if name in PLAIN and len(path) > 1 else name


def is_product(name: str) -> bool:
    """Tell whether an image or chart is a database, cache, broker or telemetry product."""
    return _product(name, "") is not None or TELEMETRY.search(image_name(name)) is not None


def kind_of(image: str | None, name: str = "") -> Kind:
    """Return the kind by image, else by a name such as ``orders-db`` or ``auth-mongodb``."""
    product = _product(image, "" if _is_own(image, name) else name)
    if product is not None:
        return product[0]
    return "database" if _DATABASE_NAME.search(name.lower().replace("_", "-")) else "service"


def protocol_of(image: str | None, name: str = "") -> str | None:
    """Return the protocol that the product speaks, None for a service of one's own."""
    product = _product(image, name)
    return product[1] if product else None


def _is_own(image: str | None, name: str) -> bool:
    """Tell whether the image is of a program whose name says more: ``orders`` run as ``orders-with-mysql``."""
    words = set(re.split(r"[^a-z0-9]+", image_name(image))) - {"", "db"}
    return bool(words.intersection(re.split(r"[^a-z0-9]+", name.lower())))


def _product(image: str | None, name: str) -> tuple[Kind, str] | None:
    for text in (image_name(image), name.lower().replace("_", "-")):
        for kind, pattern, protocol in _PATTERNS:
            if pattern.search(text) and not _TOOL.search(text):
                return kind, protocol
    return None
