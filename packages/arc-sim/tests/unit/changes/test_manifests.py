"""What changed manifests say of whom: kustomize, Helm, Aspire, mounts, environment files."""

import pytest

from arc_sim.causal.build import derive_tree
from arc_sim.causal.impact import affected
from arc_sim.causal.tree import MemoryTree
from arc_sim.model import Diff, FileChange, Graph, Service

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, labels: {helm.sh/chart: shop-1}}
spec:
  template:
    metadata: {labels: {app: NAME}}
    spec: {containers: [{name: main, image: "shop/NAME:1", envFrom: [{configMapRef: {name: NAME-config}}]}]}
"""
GRAPH = Graph(
    tuple(Service(name, paths=(f"src/{name}",), image=f"shop/{name}") for name in ("cart", "orders", "web")), ()
)


def deployment(name: str) -> str:
    return DEPLOYMENT.replace("NAME", name)


def direct(before: "dict[str, str]", changes: "dict[str, str | None]", graph: "Graph | None" = GRAPH) -> str:
    after = {path: text for path, text in {**before, **changes}.items() if text is not None}
    status = {path: "deleted" if path not in after else "modified" if path in before else "added" for path in changes}
    files = tuple(FileChange(path, status[path]) for path in sorted(changes))  # type: ignore[arg-type]
    trees = MemoryTree({**before}), MemoryTree({**after})
    base, head = (graph or derive_tree(tree) for tree in trees)
    return " ".join(affected(Diff("", "", files, "", ""), base, head, *trees).direct)


KUSTOMIZE: "dict[str, str]" = {
    "k/base/kustomization.yaml": "resources: [cart.yaml, orders.yaml]\nimages:\n- {name: shop/cart, newTag: '1'}\n",
    "k/base/cart.yaml": deployment("cart"),
    "k/base/orders.yaml": deployment("orders"),
    "k/part/kustomization.yaml": "kind: Component\npatches:\n- {path: any.yaml, target: {kind: Deployment}}\n"
    "- {path: orders.yaml, target: {kind: Deployment, name: orders}}\n",
    "k/part/any.yaml": "- {op: add, path: /spec/replicas, value: 1}\n",
    "k/part/orders.yaml": "- {op: add, path: /spec/replicas, value: 1}\n",
    "k/prod/kustomization.yaml": "resources: [../base]\ncomponents: [../part]\n"
    "configMapGenerator:\n- {name: cart-config, files: [cart.conf]}\n",
    "k/prod/cart.conf": "a=1\n",
    "k/loose/kustomization.yaml": "resources: [../base]\n",
}


@pytest.mark.parametrize(
    ("path", "old", "new", "names"),
    [
        ("k/base/kustomization.yaml", "newTag: '1'", "newTag: '2'", "cart"),
        ("k/base/kustomization.yaml", "cart.yaml, orders.yaml", "cart.yaml", "orders"),
        ("k/base/kustomization.yaml", "resources:", "namePrefix: x-\nresources:", "cart orders"),
        ("k/base/kustomization.yaml", "resources:", "# note\nresources:", ""),
        ("k/part/any.yaml", "value: 1", "value: 2", "cart orders"),
        ("k/part/orders.yaml", "value: 1", "value: 2", "orders"),
        ("k/part/kustomization.yaml", "path: orders.yaml", "path: any.yaml", "orders"),
        ("k/prod/cart.conf", "a=1", "a=2", "cart"),
        ("k/prod/kustomization.yaml", "components: [../part]\n", "", "cart orders"),
        ("k/base/cart.yaml", "cart:1", "cart:2", "cart"),
        ("k/base/cart.yaml", "shop-1", "shop-2", ""),
    ],
)
def test_kustomize(path: str, old: str, new: str, names: str) -> None:
    assert direct(KUSTOMIZE, {path: KUSTOMIZE[path].replace(old, new)}) == names


def test_a_kustomization_that_comes_or_goes_deploys_nothing_by_itself() -> None:
    assert direct(KUSTOMIZE, {"k/loose/kustomization.yaml": None}) == ""
    assert direct(KUSTOMIZE, {"k/other/kustomization.yaml": "resources: [../base]\n"}) == ""


def test_kustomizations_that_include_each_other_end() -> None:
    files = {
        "a/kustomization.yaml": "components: [../b]\nresources: [../b, x.yaml]\n",
        "a/x.yaml": deployment("web"),
        "b/kustomization.yaml": "components: [../a]\nresources: [../a]\n",
    }
    assert (
        direct(files, {"a/kustomization.yaml": "components: [../b]\nnamespace: x\nresources: [../b, x.yaml]\n"})
        == "web"
    )


HELM = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\nappVersion: '1'\n",
    "chart/values.yaml": "cart: {replicas: 1}\norders: {replicas: 1}\nunused: 1\n",
    "chart/templates/cart.yaml": deployment("cart").replace("spec:\n", "spec:\n  replicas: {{ .Values.cart.replicas }}\n", 1),  # noqa: E501 - one file on one line
    "chart/templates/orders.yaml": deployment("orders")
    .replace("spec:\n", "spec:\n  replicas: {{ .Values.orders.replicas }}\n", 1)
    .replace("orders:1", "orders:{{ .Chart.AppVersion }}"),
    "chart/templates/web.yaml": deployment("web").replace("name: web,", 'name: web, annotations: {x: "{{ include "shop.x" . }}"},'),  # noqa: E501 - one file on one line
    "chart/templates/_helpers.tpl": '{{- define "shop.x" -}}one{{- end -}}\n{{- define "shop.y" -}}two{{- end -}}\n',
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "old", "new", "names"),
    [
        ("chart/values.yaml", "cart: {replicas: 1}", "cart: {replicas: 2}", "cart"),
        ("chart/values.yaml", "unused: 1", "unused: 2", ""),
        ("chart/values.yaml", "cart:", "# note\ncart:", ""),
        ("chart/Chart.yaml", "version: 1.0.0", "version: 1.0.1", ""),
        ("chart/Chart.yaml", "appVersion: '1'", "appVersion: '2'", "orders"),
        ("chart/templates/cart.yaml", "shop/cart:1", "shop/cart:2", "cart"),
        ("chart/templates/cart.yaml", "apiVersion", "{{- /* note */}}\napiVersion", ""),
        ("chart/templates/_helpers.tpl", "one", "three", "web"),
        ("chart/templates/_helpers.tpl", "two", "three", ""),
    ],
)
def test_helm(path: str, old: str, new: str, names: str) -> None:
    assert direct(HELM, {path: HELM[path].replace(old, new, 1)}) == names


HOST = """var builder = DistributedApplication.CreateBuilder(args);
var cart = builder.AddProject<Projects.Cart>("cart").WithReplicas(1);
builder.AddProject<Projects.Orders>("orders")
    .WithReference(cart);
cart.WithEnvironment("A", "1");
builder.Build().Run();
"""


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("WithReplicas(1)", "WithReplicas(2)", "cart"),
        ('"A", "1"', '"A", "2"', "cart"),
        (".WithReference(cart)", ".WithReference(cart).WaitFor(cart)", "orders"),
        ("builder.Build", "// note\nbuilder\n  .Build", ""),
        ("builder.Build", "builder.AddDockerComposePublisher();\nbuilder.Build", ""),
    ],
)
def test_aspire(old: str, new: str, names: str) -> None:
    assert direct({"AppHost/Program.cs": HOST}, {"AppHost/Program.cs": HOST.replace(old, new)}) == names


COMPOSE: "dict[str, str]" = {
    "compose.yaml": "services:\n"
    "  web: {image: nginx, volumes: ['./conf/web:/etc/nginx:ro'], environment: [TARGET], env_file: web.env}\n"
    "  cart: {image: shop/cart, configs: [rules], environment: {B: '${B}'}}\n"
    "  orders: {image: shop/orders, volumes: [{type: bind, source: ./conf/orders.ini, target: /o}]}\n"
    "configs: {rules: {file: ./conf/rules.json}}\n",
    ".env": "HOST=a\nTARGET=http://${HOST}\nB=1\nC=1\n",
    "web.env": "X=1\n",
    "conf/web/nginx.conf": "listen 80;\n",
    "conf/orders.ini": "a=1\n",
    "conf/rules.json": "{}\n",
    "stack.yml": "web: {image: nginx:1}\ncart: {image: 'shop/cart:1'}\n",
}


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("conf/web/nginx.conf", "listen 81;\n", "web"),
        ("conf/orders.ini", "a=2\n", "orders"),
        ("conf/rules.json", "[]\n", "cart"),
        ("web.env", "X=2\n", "web"),
        (".env", "HOST=b\nTARGET=http://${HOST}\nB=1\nC=1\n", "web"),
        (".env", "HOST=a\nTARGET=http://${HOST}\nB=2\nC=1\n", "cart"),
        (".env", "HOST=a\nTARGET=http://${HOST}\nB=1\nC=2\n", ""),
        ("stack.yml", "web: {image: nginx:1}\ncart: {image: 'shop/cart:2'}\n", "cart"),
        ("conf/unknown.txt", "1", ""),
    ],
)
def test_compose_gives_files_and_variables(path: str, text: str, names: str) -> None:
    assert direct(COMPOSE, {path: text}) == names


BUILD = {
    "compose.yaml": "services:\n  a: {build: {context: ., dockerfile: services/a/Dockerfile}}\n"
    "  b: {build: {context: ., dockerfile: docker/b.Dockerfile}}\n",
    "services/a/Dockerfile": "FROM sdk\nCOPY *.sln .\nCOPY services/b/B.csproj services/b/\nCOPY . .\nRUN dotnet build\n",  # noqa: E501 - one file on one line
    "services/a/A.csproj": '<Project><ItemGroup><ProjectReference Include="../../lib/Lib.csproj"/></ItemGroup></Project>',  # noqa: E501 - one file on one line
    "services/b/B.csproj": "<Project/>",
    "docker/b.Dockerfile": "FROM sdk\nWORKDIR /src\nCOPY . .\nRUN dotnet publish \\\n  /src/services/b/B.csproj\n",
    "lib/Lib.csproj": "<Project/>",
    "lib/x.cs": "class X {}",
    "services/b/x.cs": "class X {}",
    "tool/x.cs": "class X {}",
}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("lib/x.cs", "a"),
        ("services/b/x.cs", "b"),
        ("tool/x.cs", ""),
        ("docker/b.Dockerfile", "b"),
        ("services/b/B.csproj", "b"),
    ],
)
def test_a_copied_root_counts_as_the_project_that_is_built(path: str, names: str) -> None:
    text = (
        BUILD[path]
        .replace("FROM sdk", "FROM sdk:2")
        .replace("class X", "class Y")
        .replace("<Project/>", "<Project Sdk='x'/>")
    )
    assert direct(BUILD, {path: text}, graph=None) == names


MOUNTED = {
    "compose.yaml": "services:\n"
    "  a: {image: go, volumes: ['./code:/code'], working_dir: /code/a}\n"
    "  b: {image: go, volumes: [{type: bind, source: ./code, target: /code/}], working_dir: /code/b}\n",
    "code/a/go.mod": "module x/a\nreplace x/lib => ../lib\n",
    "code/a/main.go": 'package main\n\nimport "x/lib"\n',
    "code/b/go.mod": "module x/b\n",
    "code/b/main.go": "package main\n",
    "code/lib/go.mod": "module x/lib\n",
    "code/lib/lib.go": "package lib\n",
}


@pytest.mark.parametrize(
    ("path", "names"), [("code/a/main.go", "a"), ("code/b/main.go", "b"), ("code/lib/lib.go", "a")]
)
def test_code_that_is_mounted_is_where_the_service_works(path: str, names: str) -> None:
    assert direct(MOUNTED, {path: MOUNTED[path] + "\nvar a = 1\n"}, graph=None) == names
