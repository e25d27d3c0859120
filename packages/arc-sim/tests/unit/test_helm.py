"""Charts are rendered as Helm would, as far as values say; what they do not say stays unknown."""

import pytest

from arc_sim.causal.build import derive_tree
from arc_sim.causal.documents import dig
from arc_sim.causal.readers.helm.evaluate import Renderer
from arc_sim.causal.readers.helm.rendering import render_charts
from arc_sim.causal.readers.helm.template import TemplateError, parse
from arc_sim.causal.readers.helm.values import UNKNOWN_TEXT
from arc_sim.causal.tree import MemoryTree

VALUES = {
    "name": "Shop",
    "empty": "",
    "count": 3,
    "on": True,
    "off": False,
    "list": ["b", "a"],
    "map": {"y": 2, "x": 1},
}


def rendered(text: str, **more: object) -> str:
    definitions: dict[str, list[object]] = {}
    nodes = parse(text, definitions)  # type: ignore[arg-type]  # the same dictionary, filled by the call
    dot = {"Values": {**VALUES, **more}, "Release": {"Name": "prod"}}
    return "".join(part[0] for part in Renderer(definitions).render(nodes, dot))  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("a {{ .Values.name }} b", "a Shop b"),
        ("a\n  {{- /* no */ -}}\n b", "ab"),
        ("{{- if .Values.on }}yes{{ else }}no{{ end -}}  ", "yes"),
        ("{{ if .Values.off }}1{{ else if eq .Values.count 3 }}2{{ else }}3{{ end }}", "2"),
        ("{{ range $i, $v := .Values.list }}{{ $i }}={{ $v }};{{ end }}", "0=b;1=a;"),
        ("{{ range $k, $v := .Values.map }}{{ $k }}{{ $v }}{{ end }}", "x1y2"),
        ("{{ range .Values.none }}x{{ else }}nothing{{ end }}", "nothing"),
        ("{{ with .Values.map }}{{ .x }}{{ $.Values.name }}{{ end }}", "1Shop"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        ('{{ define "t" }}<{{ .Values.name }}>{{ end }}{{ include "t" . | upper | quote }}', '"<SHOP>"'),
        ('{{ printf "%s-%d" .Release.Name .Values.count | trunc 6 | trimSuffix "-" }}', "prod-3"),
        ('{{ .Values.empty | default "d" }}{{ default "e" .Values.name }}', "dShop"),
        ("{{ toYaml .Values.map | nindent 2 }}", "\n  x: 1\n  y: 2"),
        ('{{ tpl "{{ .Values.name }}!" . }}', "Shop!"),
        ('{{ (dict "a" (list 1 2)).a | last }}{{ len .Values.list }}', "22"),
        ('{{ ternary "a" "b" .Values.on }}{{ and .Values.on .Values.count }}{{ or .Values.empty "z" }}', "a3z"),
        ('{{ range .Values.list }}{{ if eq . "a" }}{{ break }}{{ end }}{{ . }}{{ end }}', "b"),
        ('{{ "}}" }}{{ `raw` }}', "}}raw"),
        ("{{ ((.Values.missing).deeper).still }}|", "|"),
        ('{{ coalesce .Values.empty nil "c" }}{{ join "," (sortAlpha .Values.list) }}', "ca,b"),
        ('{{ .Values.name | hasPrefix "Sh" }}{{ regexMatch "^S.op$" .Values.name }}', "truetrue"),
    ],
)
def test_what_actions_print(template: str, expected: str) -> None:
    assert rendered(template) == expected


@pytest.mark.parametrize("template", ["{{ randAlphaNum 5 }}", "{{ nosuch .Values.name }}", '{{ include "gone" . }}'])
def test_what_nobody_can_know_is_unknown_and_nothing_else(template: str) -> None:
    assert rendered(f"a {template} {{{{ .Values.name }}}}") == f"a {UNKNOWN_TEXT} Shop"


@pytest.mark.parametrize(
    "template", ["{{ if .x }}", "{{ end }}", "{{ .x", "{{ ) }}", "{{ (.x }}", "{{ range .x }}", "{{ if x }}" * 200]
)
def test_what_is_no_template_is_said_so(template: str) -> None:
    with pytest.raises(TemplateError):
        rendered(template)


@pytest.mark.parametrize(
    "template",
    [
        '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
        "{{ tpl .Values.self . }}",
        "{{ range until 1000 }}{{ range until 1000 }}{{ range until 1000 }}x{{ end }}{{ end }}{{ end }}",
        '{{ $x := "aaaaaaaaaaaaaaaa" }}' + "{{ $x = print $x $x $x $x }}" * 20,
    ],
    ids=["recursion", "tpl of itself", "loops", "doubling"],
)
def test_no_template_runs_without_end(template: str) -> None:
    with pytest.raises(TemplateError):
        rendered(template, self="{{ tpl .Values.self . }}")


def test_a_pattern_that_could_take_for_ever_is_not_tried() -> None:
    assert rendered('{{ regexMatch "(a+)+$" .Values.long }}', long="a" * 60 + "b") == UNKNOWN_TEXT


DEPLOYMENT = """{{- range $name, $c := .Values.components }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "full" (dict "root" $ "name" $name) }}
spec:
  template:
    metadata: {labels: {app: {{ $name }}}}
    spec:
      containers:
        - name: main
          image: "shop/{{ $name }}:{{ $.Chart.AppVersion }}"
          env:
            {{- toYaml $c.env | nindent 12 }}
{{- end }}
"""
CHART: dict[str, str | bytes] = {
    "deploy/Chart.yaml": "name: shop\nversion: 1.0.0\ndependencies:\n  - {name: redis, condition: cache.enabled}\n"
    "  - {name: common, version: 1}\n  - {name: kafka, condition: bus.enabled}\n",
    "deploy/values.yaml": "bus: {enabled: false}\ncomponents:\n  web:\n    env:\n"
    "      - {name: ORDERS_URL, value: 'http://shop-orders:80'}\n"
    "      - {name: CACHE, value: 'shop-redis-master:6379'}\n"
    "  orders:\n    env: []\n",
    "deploy/templates/all.yaml": DEPLOYMENT,
    "deploy/templates/_helpers.tpl": '{{ define "full" }}{{ .root.Release.Name }}-{{ .name }}{{ end }}',
    "deploy/templates/NOTES.txt": "{{ broken",
}


def test_a_chart_that_makes_its_components_from_one_map() -> None:
    graph = derive_tree(MemoryTree(CHART))
    assert {s.name: s.kind for s in graph.services} == {"web": "service", "orders": "service", "redis": "cache"}
    assert {e.key for e in graph.edges} == {("web", "orders"), ("web", "redis")}
    assert graph.warnings == ()


def test_evidence_is_the_line_of_the_template() -> None:
    documents, _ = render_charts(MemoryTree(CHART), [])
    name = dig(documents[0].body, "metadata", "name")
    assert (documents[0].path, name.line, str(name)) == ("deploy/templates/all.yaml", 6, "orders")


def test_umbrella_chart_conditions_aliases_and_globals() -> None:
    template = ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Values.name | default .Chart.Name }}}\n"
                "spec: {template: {spec: {containers: [{image: '{{ .Values.global.registry }}/x', env: "
                "[{name: A, value: {{ .Values.a | quote }}}]}]}}}\n")  # fmt: skip
    files: dict[str, str | bytes] = {
        "Chart.yaml": "name: all\ndependencies:\n  - {name: one, alias: first, condition: first.on}\n"
        "  - {name: two, condition: two.on}\n",
        "values.yaml": "global: {registry: r.example}\nfirst: {name: renamed, a: from-parent}\ntwo: {on: false}\n",
        "charts/one/Chart.yaml": "name: one\n",
        "charts/one/values.yaml": "a: own\n",
        "charts/one/templates/d.yaml": template,
        "charts/two/Chart.yaml": "name: two\n",
        "charts/two/templates/d.yaml": template,
    }
    documents, _ = render_charts(MemoryTree(files), [])
    assert [str(dig(d.body, "metadata", "name")) for d in documents] == ["renamed"]
    container = dig(documents[0].body, "spec", "template", "spec", "containers")[0]
    assert (container["image"], container["env"][0]["value"]) == ("r.example/x", "from-parent")


@pytest.mark.parametrize(
    "release",
    [
        {"helmfile.yaml": "releases:\n  - {name: orders, chart: ./chart, values: [orders.yaml]}\n"},
        {"argo.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: orders}\n"
                      "spec: {source: {path: chart, helm: {valueFiles: [../orders.yaml]}}}\n"},
        {"flux.yaml": "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: orders}\n"
                      "spec: {chart: {spec: {chart: ./chart}}, values: {image: mine}}\n"},
        {"skaffold.yaml": "apiVersion: skaffold/v4\nkind: Config\ndeploy: {helm: {releases: [{name: orders, "
                          "chartPath: chart, setValues: {image: mine}}]}}\n"},
    ],
    ids=["helmfile", "argo", "flux", "skaffold"],
)  # fmt: skip
def test_who_installs_a_chart_gives_name_and_values(release: dict[str, str]) -> None:
    files: dict[str, str | bytes] = {
        "chart/Chart.yaml": "name: generic\n",
        "chart/templates/d.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Release.Name }}}\n"
        "spec: {template: {spec: {containers: [{image: '{{ .Values.image }}'}]}}}\n",
        "orders.yaml": "image: mine\n",
        **release,
    }
    documents, _ = render_charts(MemoryTree(files), [])
    assert [str(dig(d.body, "metadata", "name")) for d in documents] == ["orders"]
    assert dig(documents[0].body, "spec", "template", "spec", "containers")[0]["image"] == "mine"


def test_a_broken_template_is_one_warning_and_the_rest_stands() -> None:
    files = {**CHART, "deploy/templates/x.yaml": "{{ if }", "deploy/templates/y.yaml": "a: [{{ .Values.components }"}
    warnings: list[str] = []
    documents, _ = render_charts(MemoryTree(files), warnings)
    assert len(documents) == 2
    assert len(warnings) == 1
    assert warnings[0].startswith("deploy/templates/x.yaml: cannot be rendered: ")
    assert warnings[0].endswith("(and 1 more)")
