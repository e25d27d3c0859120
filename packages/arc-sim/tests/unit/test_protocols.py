"""gRPC stubs joined with their servers, and messages joined at their channel, in every language."""

import pytest

from arc_sim.causal.build import derive_tree
from arc_sim.causal.readers.protocols.grpc import services_in
from arc_sim.causal.tree import MemoryTree
from arc_sim.model import Graph

PROTO = """syntax = "proto3";
// service Old { }
service Cart { rpc Get(A) returns (B) { option x = "}"; } }
service Health {}
"""
GRPC = "services:\n  web: {build: web}\n  cart: {build: cart}\n"
BROKERS = """
services:
  out: {build: out, environment: {BROKER: "kafka:9092", TOPIC: orders}}
  in: {build: in, environment: {BROKER: "kafka:9092"}}
  kafka: {image: apache/kafka}
  rabbit: {image: rabbitmq}
  store: {image: redis}
"""


def graph(compose: str, **files: str) -> Graph:
    texts = {path.replace("__", "/").replace("_dot_", "."): text for path, text in files.items()}
    dockerfiles = {f"{name}/Dockerfile": "FROM a\n" for name in ("web", "cart", "out", "in")}
    return derive_tree(MemoryTree({"compose.yaml": compose, **dockerfiles, **texts}))


def test_services_of_a_schema() -> None:
    assert services_in(PROTO) == ["Cart", "Health"]
    assert services_in("message service { string service = 1; } service A {} /* service B {} */") == ["A"]
    assert services_in("service") == services_in("service {") == services_in('"service A {"') == []


SERVERS = {
    "a.go": "package main\nfunc main() { pb.RegisterCartServer(s, &server{}) }\n",
    "a.py": "demo_pb2_grpc.add_CartServicer_to_server(Cart(), server)\n",
    "A.java": "class A extends CartGrpc.CartImplBase {}\n",
    "A.kt": "class A : CartGrpcKt.CartCoroutineImplBase() {}\n",
    "A.cs": "class CartService : Cart.CartBase {}\n",
    "a.js": "server.addService(shop.Cart.service, { get });\n",
    "b.go": "package main\nfunc main() { mux.Handle(cartconnect.NewCartHandler(&s{})) }\n",
    "b.ts": "export default (router) => router.service(Cart, { get() {} });\n",
    "a.rs": "impl Cart for MyCart { }\nfn f() { Server::builder().add_service(CartServer::new(x)); }\n",
    "a.cpp": "class CartImpl final : public shop::Cart::Service {};\n",
    "a.rb": "class CartServer < Shop::Cart::Service\nend\n",
    "a.ex": "defmodule S do\n  use GRPC.Server, service: Shop.Cart.Service\nend\n",
}
CLIENTS = {
    "a.go": "package main\nfunc f() { pb.NewCartClient(connection).Get(ctx, x) }\n",
    "a.py": "stub = demo_pb2_grpc.CartStub(channel)\n",
    "A.java": "class A { Object s = CartGrpc.newBlockingStub(channel); }\n",
    "B.java": "import shop.CartGrpc.CartBlockingStub;\nclass B { @GrpcClient(\"c\") CartBlockingStub stub; }\n",
    "A.kt": "val s = CartGrpcKt.CartCoroutineStub(channel)\n",
    "A.cs": "class A { object c = new Cart.CartClient(channel); }\n",
    "B.cs": "builder.Services.AddGrpcClient<Cart.CartClient>(o => {});\n",
    "a.js": "const c = new shop.Cart(address, credentials);\n",
    "b.go": "package main\nfunc f() { pb.NewCartProtobufClient(addr, &http.Client{}) }\n",
    "b.ts": "const c = createClient(Cart, transport);\n",
    "a.ts": "const c = new CartClient(address, credentials);\n",
    "a.rs": "async fn f() { let c = CartClient::connect(address).await; }\n",
    "a.cpp": "int main() { auto s = Cart::NewStub(channel); }\n",
    "a.rb": "s = Shop::Cart::Stub.new(host, :this_channel_is_insecure)\n",
    "a.ex": "defmodule C do\n  def f(c), do: Shop.Cart.Stub.get(c, x)\nend\n",
}  # fmt: skip


@pytest.mark.parametrize("server", SERVERS)
def test_every_server_is_found(server: str) -> None:
    found = graph(GRPC, **{"shop.proto": PROTO, f"cart/{server}": SERVERS[server], "web/a.py": CLIENTS["a.py"]})
    assert [(e.key, e.protocol) for e in found.edges] == [(("web", "cart"), "grpc")]


@pytest.mark.parametrize("client", CLIENTS)
def test_every_stub_is_found(client: str) -> None:
    found = graph(GRPC, **{"shop.proto": PROTO, "cart/a.go": SERVERS["a.go"], f"web/{client}": CLIENTS[client]})
    assert [(e.key, e.protocol) for e in found.edges] == [(("web", "cart"), "grpc")]
    assert {place.path.split("/")[0] for place in found.edges[0].evidence} == {"web", "cart"}


def test_what_every_server_offers_or_nobody_declares_joins_nothing() -> None:
    health = "package main\nfunc f() { h.RegisterHealthServer(s, x) }\n"
    stub = "stub = pb2_grpc.HealthStub(c)\nother = pb2_grpc.UnknownStub(c)\n"
    assert graph(GRPC, **{"shop.proto": PROTO, "cart/a.go": health, "web/a.py": stub}).edges == ()
    assert graph(GRPC, **{"cart/a.go": SERVERS["a.go"], "web/a.py": CLIENTS["a.py"]}).edges == ()


def test_a_stub_with_two_possible_servers_needs_an_address() -> None:
    compose = GRPC + "  cart2: {build: cart2}\n"
    files = {"shop.proto": PROTO, "cart/a.go": SERVERS["a.go"], "cart2/a.go": SERVERS["a.go"], "cart2/Dockerfile": ""}
    assert graph(compose, **files, **{"web/a.py": CLIENTS["a.py"]}).edges == ()
    addressed = "c = grpc.insecure_channel('cart2:50051')\n" + CLIENTS["a.py"]
    assert [e.key for e in graph(compose, **files, **{"web/a.py": addressed}).edges] == [("web", "cart2")]


GO_KAFKA = """package main
import "github.com/IBM/sarama"
func f() { m := &sarama.ProducerMessage{Topic: os.Getenv("TOPIC")} }
"""
KOTLIN_KAFKA = """import org.apache.kafka.clients.consumer.KafkaConsumer
val t = "orders"
fun f() { c.subscribe(listOf(t)) }
"""
JAVA_KAFKA = """import org.springframework.kafka.core.KafkaTemplate;
class A { void f() { kafkaTemplate.send("orders", x); } }
"""
JAVA_LISTENER = 'class A { @KafkaListener(topics = "orders") void on(Order o) {} }\n'
PIKA = "import pika\nchannel.basic_publish(exchange='', routing_key='orders', body=b'')\n"
GO_AMQP = """package main
import "github.com/rabbitmq/amqp091-go"
func f() { ch.Consume("orders", "", true) }
"""
NODE_AMQP = "const amqp = require('amqplib');\nchannel.sendToQueue('orders', x);\n"
JAVA_RABBIT = 'class A { @RabbitListener(queues = "orders") void on(Order o) {} }\n'
REDIS = "import redis\nr.rpush('orders', x)\n"
NET_REDIS = 'using StackExchange.Redis;\nclass A { void F() { db.ListLeftPopAsync("orders"); } }\n'
CELERY = "from celery import Celery\n@app.task\ndef ship(x):\n    pass\n"
SNS = "import boto3\nsns = boto3.client('sns')\nsns.publish(TopicArn='arn:aws:sns:eu:1:orders', Message='x')\n"
SQS = "import boto3\nsqs = boto3.client('sqs')\nsqs.receive_message(QueueUrl='https://sqs.eu.example/1/orders')\n"
NODE_SQS = """const { SendMessageCommand } = require('@aws-sdk/client-sqs');
client.send(new SendMessageCommand({ QueueUrl: 'https://sqs.eu.example/1/orders', MessageBody: 'x' }));
"""
RUST_NATS = 'use async_nats;\nasync fn f() { client.publish("orders", x).await; }\n'
GO_NATS = """package main
import "github.com/nats-io/nats.go"
func f() { nc.QueueSubscribe("orders", "workers", g) }
"""
JOB = "class Ship\n  include Sidekiq::Worker\n  def perform(x)\n  end\nend\n"
CAP_OUT = 'using DotNetCore.CAP;\nclass A { void F() { _capBus.PublishAsync("orders", x); } }\n'
CAP_IN = 'using DotNetCore.CAP;\nclass A { [CapSubscribe("orders")] public void On(O o) {} }\n'
DAPR_OUT = 'using Dapr.Client;\nclass A { void F() { c.PublishEventAsync("pubsub", "orders", x); } }\n'
DAPR_IN = 'using Dapr;\nclass A { [Topic("pubsub", "orders")] public void On(O o) {} }\n'
PUBSUB_OUT = "import redis\nr.publish('orders', 'x')\n"
PUBSUB_IN = "const redis = require('redis');\nsubscriber.subscribe('orders', f);\n"
STREAM_OUT = """package main
import "github.com/redis/go-redis/v9"
func f() { rdb.XAdd(ctx, &redis.XAddArgs{Stream: "orders", Values: v}) }
"""
STREAM_IN = "import redis\nr.xreadgroup('g', 'c', {'orders': '>'})\n"
BUNNY_OUT = "require 'bunny'\nq = channel.queue('orders', durable: true)\nq.publish('x')\n"
BUNNY_IN = "queue = channel.queue('orders')\nqueue.subscribe do |d, p, b|\nend\n"
ELIXIR_AMQP = 'defmodule A do\n  def f(c), do: AMQP.Basic.publish(c, "", "orders", "x")\nend\n'
PHP_AMQP = "<?php use PhpAmqpLib\\Message\\AMQPMessage; $channel->basic_publish($m, '', 'orders');"
RUST_AMQP = 'use lapin::Channel;\nasync fn f() { channel.basic_consume("orders", "c", o, t).await; }\n'
RUST_KAFKA = 'use rdkafka::consumer::Consumer;\nfn f() { c.subscribe(&["orders"]); }\n'
MESSAGES = [
    ("out/a.py", SNS, "in/a.py", SQS, None),
    ("out/a.js", NODE_SQS, "in/a.py", SQS, None),
    ("out/a.rs", RUST_NATS, "in/a.go", GO_NATS, None),
    ("out/a.rb", "Ship.perform_async(1)\n", "in/a.rb", JOB, "store"),
    ("out/A.cs", CAP_OUT, "in/A.cs", CAP_IN, None),
    ("out/A.cs", DAPR_OUT, "in/A.cs", DAPR_IN, None),
    ("out/a.py", PUBSUB_OUT, "in/a.js", PUBSUB_IN, "store"),
    ("out/a.go", STREAM_OUT, "in/a.py", STREAM_IN, "store"),
    ("out/a.rb", BUNNY_OUT, "in/a.rb", BUNNY_IN, "rabbit"),
    ("out/a.ex", ELIXIR_AMQP, "in/a.rs", RUST_AMQP, "rabbit"),
    ("out/a.php", PHP_AMQP, "in/a.rb", BUNNY_IN, "rabbit"),
    ("out/A.java", JAVA_KAFKA, "in/a.rs", RUST_KAFKA, "kafka"),
    ("out/a.go", GO_KAFKA, "in/A.kt", KOTLIN_KAFKA, "kafka"),
    ("out/A.java", JAVA_KAFKA, "in/A.java", JAVA_LISTENER, "kafka"),
    ("out/a.py", PIKA, "in/a.go", GO_AMQP, "rabbit"),
    ("out/a.js", NODE_AMQP, "in/A.java", JAVA_RABBIT, "rabbit"),
    ("out/a.py", REDIS, "in/A.cs", NET_REDIS, "store"),
    ("out/a.py", "from celery import Celery\nship.delay(1)\n", "in/a.py", CELERY, None),
]


@pytest.mark.parametrize(("producer", "sends", "consumer", "takes", "broker"), MESSAGES)
def test_a_channel_joins_who_sends_and_who_takes(
    producer: str, sends: str, consumer: str, takes: str, broker: "str | None"
) -> None:
    found = graph(BROKERS, **{producer: sends, consumer: takes})
    assert [(c.broker, c.producers, c.consumers) for c in found.channels] == [(broker, ("out",), ("in",))]
    assert found.channels[0].name in ("orders", "ship", "Ship")
    assert {place.path for place in found.channels[0].evidence} == {producer, consumer}
    edges = {e.key: e.sync for e in found.edges}
    assert edges == ({("out", broker): False, ("in", broker): False} if broker else {})


def test_events_of_a_bus_are_named_by_their_class() -> None:
    sends = "using MassTransit;\nclass A { async Task F() { var e = new OrderPaid(1); await bus.Publish(e); } }\n"
    takes = "using MassTransit;\nclass B : IConsumer<OrderPaid> {}\n"
    found = graph(BROKERS.replace("  rabbit: {image: rabbitmq}\n", ""), **{"out/A.cs": sends, "in/B.cs": takes})
    assert [(c.name, c.broker, c.producers, c.consumers) for c in found.channels] == [
        ("OrderPaid", "kafka", ("out",), ("in",))
    ]


def test_an_end_without_broker_and_other_end_is_no_channel() -> None:
    sends = "import redis\nr.rpush('orders', x)\n"
    assert graph("services: {out: {build: out}}", **{"out/a.py": sends}).channels == ()
    assert graph(BROKERS, **{"out/a.py": "items.publish('orders')\nqueue.rpush('orders', 1)\n"}).channels == ()
