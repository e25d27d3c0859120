import html.parser
import json
import re
import xml.etree.ElementTree as ElementTree
from importlib import import_module
from itertools import pairwise

import jsonschema
import pytest

from arc_common.schemas import load
from arc_sim.causal.merging.systems import limit, systems
from arc_sim.model import Channel, Edge, Graph, Impact, Location, Resilience, Service, Setting
from arc_sim.report.graph import FORMATS
from arc_sim.report.graph.layers import arrange
from arc_sim.report.graph.layout import isotonic, lay_out
from arc_sim.report.graph.view import View

HOSTILE = (
    '"><script>alert(1)</script>',
    "]]>--><!--",
    'a"b\\c',
    "a\nb\x1b[31mc\x00d",
    "x\u202egnp.exe",
    "end\n  evil --> s0",
    "ünï 日本 \udcff",
    "#quot; & %%{init}%% `md` [x](javascript:1)",
)
SVG = "{http://www.w3.org/2000/svg}"


def render(name, view):
    module, _, attribute = FORMATS[name].partition(":")
    return getattr(import_module(module), attribute)(view)


def shop():
    at = Location("src/orders/app.py", 7)
    other = Location("src/orders/slow.py", 9)
    services = (
        Service("billing", paths=("src/billing",), language="go", port=8080),
        Service("cart", paths=("src/cart",)),
        Service("events", kind="broker"),
        Service("island", paths=("other/island",)),
        Service("orders", paths=("src/orders",), language="c_sharp", aliases=("order",)),
        Service("orders-db", kind="database", image="postgres:16"),
        Service("web", paths=("src/web",)),
    )
    timeouts = (Resilience("timeout", at, 1500, "ms", "total"), Resilience("timeout", other, 4000, "ms", "total"))
    edges = (
        Edge("billing", "events", "kafka", sync=False, evidence=(at,)),
        Edge("cart", "events", "kafka", sync=False, evidence=(at,)),
        Edge("orders", "billing", "http", True, 0.9, (at,), Setting(1500, at), Setting(2, at), resilience=timeouts),
        Edge("orders", "orders-db", "postgres", evidence=(at,)),
        Edge("web", "cart", "http", evidence=(Location("src/web/x.js", 1),)),
        Edge("web", "orders", "http", evidence=(Location("src/web/x.js", 2),)),
    )
    channel = Channel("paid", "events", "topic", ("billing",), ("cart",), (at,))
    return Graph(services, edges, ("x.yaml: line 3: not YAML",), (channel,))


def affected():
    reasons = {"billing": ("src/billing/x.go: modified",), "orders": ("calls billing",), "web": ("calls orders",)}
    return Impact(("billing",), ("orders", "web"), reasons, ("cart",))


def hostile():
    names = sorted(HOSTILE)
    services = tuple(Service(name, paths=(name,), image=name, language=name, command=(name,)) for name in names)
    edges = tuple(Edge(a, b, a, evidence=(Location(a, 1),), address_env=b) for a, b in pairwise(names))
    reasons = {name: (name,) for name in names}
    return View(Graph(services, edges, tuple(names)), names[0], Impact((names[0],), tuple(names[1:]), reasons))


@pytest.mark.parametrize("impact", [None, affected()])
def test_json_has_the_published_shape(impact):
    value = json.loads(render("json", View(shop(), "shop", impact)))
    jsonschema.Draft202012Validator(load("service_graph")).validate(value)
    edge = next(edge for edge in value["edges"] if edge["target"] == "billing")
    assert (edge["timeout_ms"], edge["retries"], edge["evidence"]) == (1500, 2, ["src/orders/app.py:7"])
    assert [setting["value"] for setting in edge["resilience"]] == [1500, 4000], "a conflict stays visible"
    assert value["systems"] == [["billing", "cart", "events", "orders", "orders-db", "web"], ["island"]]
    assert [service["system"] for service in value["services"]] == [0, 0, 0, 1, 0, 0, 0]
    assert ("affected" in value) == (impact is not None)


def test_json_says_no_value_of_an_environment():
    graph = Graph((Service("a", env=(("PASSWORD", "hunter2"),)),), ())
    assert "hunter2" not in render("json", View(graph)) + render("html", View(graph))


def test_the_way_of_a_change_is_marked():
    view = View(shop(), "shop", affected())
    marks = {edge.key: view.mark_of(edge) for edge in view.graph.edges}
    assert {key for key, mark in marks.items() if mark == "upstream"} == {("orders", "billing"), ("web", "orders")}
    assert {key for key, mark in marks.items() if mark == "async"} == {("cart", "events")}
    root = ElementTree.fromstring(render("svg", view))
    boxes = {
        group.find(f"{SVG}text").text: group.get("class")
        for group in root.iter(f"{SVG}g")
        if "service" in group.get("class").split()
    }
    assert "changed" in boxes["billing"]
    assert "upstream" in boxes["web"]
    assert boxes["island"].split() == ["service", "service"]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_name_breaks_out(name):
    text = render(name, hostile())
    text.encode("utf-8", "strict")
    if name == "json":
        assert [service["name"] for service in json.loads(text)["services"]] == sorted(HOSTILE)
    else:
        assert not [c for c in text if not c.isprintable() and c != "\n"]


def test_svg_with_hostile_names_is_xml_with_nothing_active():
    root = ElementTree.fromstring(render("svg", hostile()))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "style", "rect", "path", "g", "text", "tspan", "title"
    }  # fmt: skip
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on") or "href" in key]


def test_html_with_hostile_names_has_one_script_and_loads_nothing():
    tags = []

    class Collect(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            tags.append((tag, dict(attrs)))

    text = render("html", hostile())
    Collect().feed(text)
    assert [tag for tag, _ in tags].count("script") == 1
    for tag, attributes in tags:
        assert not [key for key in attributes if key.startswith("on") or key == "src"], tag
        assert attributes.get("href", "#").startswith("#")
    policy = next(a["content"] for t, a in tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    ids = {attributes["id"] for _, attributes in tags if "id" in attributes}
    assert {a["href"][1:] for t, a in tags if t == "a"} <= ids, "every link leads somewhere"


def test_html_names_the_evidence_of_every_edge():
    text = render("html", View(shop(), "shop", affected()))
    for words in (
        "src/orders/app.py:7",
        "src/orders/slow.py:9",
        "1.5 s",
        "4 s",
        "confidence",
        "calls billing",
        "paid",
        "x.yaml",
    ):
        assert words in text
    assert text.count("<details") == 7 + 6 + 1


def test_dot_and_mermaid_quote_every_name():
    dot = render("dot", hostile())
    for line in dot.splitlines()[4:-1]:
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
        assert re.fullmatch(r"[\s\w=\[\],;{}.>-]*", bare), line
    mermaid = render("mermaid", hostile())
    for line in mermaid.splitlines():
        bare = re.sub(r'"[^"]*"', "", line)
        assert re.fullmatch(r"[\s\w#:,|>.\[\]-]*", bare), line
    assert "evil -->" not in mermaid


def test_empty_graphs_are_pictures_too():
    for name in FORMATS:
        assert render(name, View(Graph((), ())))


def test_boxes_do_not_overlap_and_lines_end_at_their_boxes():
    layout = lay_out(View(shop()))
    boxes = {box.service.name: box for box in layout.boxes}
    assert len(boxes) == 7
    for a in layout.boxes:
        assert a.x >= 0
        assert a.y >= 0
        assert a.x + a.width <= layout.width
        assert a.y + a.height <= layout.height
        for b in layout.boxes:
            apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
            assert a is b or apart, (a, b)
    for line in layout.lines:
        source, target = boxes[line.edge.source], boxes[line.edge.target]
        assert line.points[0][0] in (source.x, source.x + source.width)
        assert line.points[-1][0] in (target.x, target.x + target.width)
        assert target.y <= line.points[-1][1] <= target.y + target.height


def test_callers_stand_left_even_with_a_cycle():
    layered = arrange(["a", "b", "c", "d"], [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])
    assert len(layered.turned) == 1
    place = {spot[0]: index for index, layer in enumerate(layered.layers) for spot in layer if spot[1] < 0}
    for index, (source, target) in enumerate([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]):
        assert (place[source] < place[target]) == (index not in layered.turned)


def test_a_planar_order_has_no_crossing():
    edges = [("r", "a"), ("r", "b"), ("a", "z"), ("b", "y")]
    layers = arrange(["r", "a", "b", "z", "y"], edges).layers
    first, second = ([spot[0] for spot in layer] for layer in layers[1:])
    assert [{"a": "z", "b": "y"}[name] for name in first] == second


def test_isotonic_is_the_nearest_non_decreasing_sequence():
    assert isotonic([1, 2, 3], [1, 1, 1]) == [1, 2, 3]
    assert isotonic([3, 1], [1, 1]) == [2, 2]
    assert isotonic([3, 1], [3, 1]) == [2.5, 2.5]


def test_systems_are_joined_by_channels_too():
    services = tuple(Service(name) for name in "abcd")
    graph = Graph(services, (Edge("a", "b"),), channels=(Channel("t", None, "topic", ("b",), ("c",)),))
    assert systems(graph) == (("a", "b", "c"), ("d",))


def test_a_folder_shows_its_services_and_what_they_depend_on():
    part = limit(shop(), "src/orders")
    assert [service.name for service in part.services] == ["billing", "events", "orders", "orders-db"]
    assert {edge.source for edge in part.edges} == {"orders"}
    assert limit(shop(), "other").edges == ()
    assert limit(shop(), "nowhere").services == ()
    assert limit(shop(), "").services == shop().services
