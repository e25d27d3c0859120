"""Objects that an operator turns into databases, brokers and workloads, and charts that are not in the repository."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from arc_sim.causal.documents import Mapping, dig, line_of, made
from arc_sim.causal.kinds import is_product
from arc_sim.causal.readers.deploy.objects import Object
from arc_sim.causal.readers.helm.rendering import Missing
from arc_sim.causal.readers.helm.values import typed

OPERATED: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("kafka.strimzi.io", "Kafka"): ("kafka", ("{}-kafka-bootstrap", "{}-kafka-brokers", "{}-kafka")),
    ("rabbitmq.com", "RabbitmqCluster"): ("rabbitmq", ("{}", "{}-nodes")),
    ("postgresql.cnpg.io", "Cluster"): ("postgres", ("{}-rw", "{}-ro", "{}-r")),
    ("acid.zalan.do", "postgresql"): ("postgres", ("{}", "{}-repl", "{}-pooler")),
    ("postgres-operator.crunchydata.com", "PostgresCluster"): (
        "postgres",
        ("{}-primary", "{}-ha", "{}-pgbouncer", "{}-replicas"),
    ),
    ("mysql.oracle.com", "InnoDBCluster"): ("mysql", ("{}", "{}-instances")),
    ("mysql.presslabs.org", "MysqlCluster"): ("mysql", ("{}-mysql-master", "{}-mysql")),
    ("k8s.mariadb.com", "MariaDB"): ("mariadb", ("{}", "{}-primary")),
    ("pxc.percona.com", "PerconaXtraDBCluster"): ("percona", ("{}-pxc", "{}-haproxy", "{}-proxysql")),
    ("psmdb.percona.com", "PerconaServerMongoDB"): ("mongodb", ("{}-rs0", "{}-mongos")),
    ("mongodbcommunity.mongodb.com", "MongoDBCommunity"): ("mongodb", ("{}-svc",)),
    ("redis.redis.opstreelabs.in", "Redis"): ("redis", ("{}",)),
    ("redis.redis.opstreelabs.in", "RedisCluster"): ("redis", ("{}-leader", "{}-follower")),
    ("databases.spotahome.com", "RedisFailover"): ("redis", ("rfs-{}", "rfr-{}", "rfrm-{}")),
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"): ("elasticsearch", ("{}-es-http",)),
    ("kibana.k8s.elastic.co", "Kibana"): ("kibana", ("{}-kb-http",)),
    ("k8ssandra.io", "K8ssandraCluster"): ("cassandra", ("{}-service",)),
    ("cassandra.datastax.com", "CassandraDatacenter"): ("cassandra", ("{}-service",)),
    ("scylla.scylladb.com", "ScyllaCluster"): ("scylla", ("{}-client",)),
    ("redpanda.vectorized.io", "Cluster"): ("redpanda", ("{}",)),
    ("jaegertracing.io", "Jaeger"): ("jaeger", ("{}-collector", "{}-query", "{}-agent")),
    ("opentelemetry.io", "OpenTelemetryCollector"): ("opentelemetry-collector", ("{}-collector",)),
    ("k8s.keycloak.org", "Keycloak"): ("keycloak", ("{}-service",)),
    ("monitoring.coreos.com", "Prometheus"): ("prometheus", ("prometheus-operated",)),
}
"""``(API group, kind) -> (product, names of the Services)``, as each operator's documentation has them."""

MAX_VALUES_DEPTH = 20

CHART_SERVICES: dict[str, tuple[str, ...]] = {
    "redis": ("{}-master", "{}-replicas", "{}-headless"),
    "redis-cluster": ("{}-headless",),
    "rabbitmq": ("{}-headless",),
    "kafka": ("{}-headless", "{}-bootstrap"),
    "postgresql": ("{}-hl", "{}-primary", "{}-read"),
    "postgresql-ha": ("{}-pgpool", "{}-postgresql"),
    "mysql": ("{}-primary", "{}-headless"),
    "mariadb": ("{}-primary", "{}-headless"),
    "mongodb": ("{}-headless", "{}-arbiter-headless"),
    "elasticsearch": ("{}-master", "{}-master-headless", "{}-coordinating"),
    "opensearch": ("opensearch-cluster-master", "{}-cluster-master"),
    "jaeger": ("{}-collector", "{}-query", "{}-agent"),
    "prometheus": ("{}-server",),
    "kube-prometheus-stack": ("{}-prometheus", "{}-grafana"),
    "opentelemetry-collector": ("otel-collector",),
}
"""Names of the Services that well-known charts install besides their full name, by their documentation."""


def as_workloads(objects: Iterable[Object]) -> list[Object]:
    """Return the objects with those of operators as what the operators make of them."""
    found: list[Object] = []
    for item in objects:
        found += _operated(item)
    return found


def _operated(item: Object) -> list[Object]:
    group = str(dig(item.body, "apiVersion") or "").partition("/")[0]
    if (group, item.kind) in OPERATED:
        product, names = OPERATED[(group, item.kind)]
        services = [name.format(item.name) for name in names]
        return [item, *made_workload(item.name, product, services, item.path, line_of(item.body), item.home)]
    if group == "serving.knative.dev" and item.kind == "Service":
        return [replace(item, kind="Deployment")]
    if group == "openfaas.com" and item.kind == "Function":
        body = made({"name": item.name, "image": str(dig(item.body, "spec", "image") or "")}, line_of(item.body))
        body["env"] = _environment(dig(item.body, "spec", "environment"))
        return [replace(item, kind="Deployment", body=_workload(item.name, body))]
    if group == "keda.sh" and item.kind == "ScaledJob":
        return [replace(item, kind="Job", body=_from_job(item.body))]
    return [item]


def _environment(given: Any) -> Any:
    entries = made([])
    for key, value in given.items() if isinstance(given, dict) else ():
        entry = made({"name": key})
        entry["value"] = value
        entries.append(entry)
    return entries


def _from_job(body: Mapping) -> Mapping:
    result = made({"kind": "Job"}, line_of(body))
    result["spec"] = dig(body, "spec", "jobTargetRef")
    return Mapping(result)


def _workload(name: str, container: Any) -> Mapping:
    body = made({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}}, line_of(container))
    labels = made({"labels": {"arc-sim-name": name}}, line_of(container))
    body["spec"] = made({"template": {"spec": {"containers": []}}}, line_of(container))
    body["spec"]["template"]["metadata"] = labels
    body["spec"]["template"]["spec"]["containers"].append(container)
    return Mapping(body)


def made_workload(name: str, product: str, services: list[str], path: str, line: int, home: str | None) -> list[Object]:
    """Return a workload of a product with the Services that stand before it."""
    container = made({"name": product, "image": product}, line)
    found = [Object("StatefulSet", name, path, _workload(name, container), home)]
    for other in services:
        body = made({"kind": "Service", "spec": {"selector": {"arc-sim-name": name}}}, line)
        found.append(Object("Service", other, path, body, home))
    return found


def of_missing_charts(missing: list[Missing]) -> list[Object]:
    """Return the databases, brokers and telemetry that charts from elsewhere install, with their usual names."""
    found: list[Object] = []
    for item in missing:
        if not is_product(item.name):
            continue
        override = typed(item.values.get("fullnameOverride") or item.values.get("nameOverride"))
        name = str(override) if override else item.key
        full = {name, f"{item.prefix}-{name}"}
        services = full | {form.format(one) for one in full for form in CHART_SERVICES.get(item.name, ())}
        made_here = made_workload(name, item.name, sorted(services - {name}), item.path, item.line, item.home)
        env = {key: value for key, value in _texts(item.values, "") if ":" in value and len(value) < 500}
        containers = dig(made_here[0].body, "spec", "template", "spec", "containers")
        containers[0]["env"] = _environment(made(env, item.line))
        found += made_here
    return found


def _texts(value: Any, prefix: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the texts in the values that a chart from elsewhere is given, by their path."""
    if isinstance(value, str):
        yield prefix, value
    elif depth < MAX_VALUES_DEPTH:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in items:
            yield from _texts(item, f"{prefix}.{key}" if prefix else str(key), depth + 1)
