"""Code in every language: addresses that it reads or puts together, and its timeouts, retries, breakers and pools."""

import pytest

from arc_sim.causal.build import derive_tree
from arc_sim.causal.tree import MemoryTree
from arc_sim.model import Edge, Graph

COMPOSE = """
services:
  web: {build: web, environment: {ORDERS_URL: "http://orders:8080", UNREAD_URL: "http://billing:8080"}}
  orders: {build: orders}
  billing: {build: billing}
  db: {image: "postgres:16"}
"""


def graph(path: str, text: "str | bytes", compose: str = COMPOSE) -> Graph:
    return derive_tree(MemoryTree({"compose.yaml": compose, path: text, "web/Dockerfile": "FROM scratch\n"}))


def edge(path: str, text: str, target: str = "orders") -> Edge:
    found = [e for e in graph(path, text).edges if e.key == ("web", target)]
    assert found, f"no edge to {target}"
    return found[0]


def settings(path: str, text: str, target: str = "orders") -> "set[tuple[str, float | None, str, str]]":
    return {(s.kind, s.value, s.unit, s.phase) for s in edge(path, text, target).resilience}


READS = [
    ("web/a.rb", 'URL = ENV.fetch("ORDERS_URL", "http://x")\n'),
    ("web/a.rb", 'class A\n  def x\n    Net::HTTP.get(URI("#{ENV["ORDERS_URL"]}/a"))\n  end\nend\n'),
    ("web/a.php", '<?php $u = getenv("ORDERS_URL") ?: "http://x"; file_get_contents($u);'),
    ("web/a.php", '<?php $u = $_ENV["ORDERS_URL"] ?? "http://x";'),
    ("web/a.rs", 'fn f() { let u = std::env::var("ORDERS_URL").unwrap_or_else(|_| "http://x".to_string()); }'),
    ("web/a.rs", 'fn f() { let u = format!("{}/a", env::var("ORDERS_URL").unwrap()); }'),
    ("web/a.cpp", 'int main() { const char* u = std::getenv("ORDERS_URL"); }'),
    ("web/a.ex", 'defmodule A do\n  @url System.get_env("ORDERS_URL", "http://x")\nend\n'),
    ("web/a.exs", 'import Config\nconfig :web, url: System.fetch_env!("ORDERS_URL")\n'),
    ("web/A.kt", 'val u = System.getenv("ORDERS_URL") ?: "http://x"\n'),
    ("web/A.kt", 'class A(@Value("\\${orders.url}") val base: String)\n'),
    ("web/A.java", 'class A { @ConfigProperty(name = "orders.url", defaultValue = "http://x") String u; }'),
    ("web/a.ts", "const u = this.configService.get<string>('ORDERS_URL');\n"),
    ("web/a.js", "import http from 'k6/http'; const u = __ENV.ORDERS_URL || 'http://x';\n"),
    ("web/a.py", "class Settings(BaseSettings):\n    orders_url: str = 'http://x'\n"),
    ("web/a.go", 'package main\ntype C struct {\n\tU string `envconfig:"ORDERS_URL" default:"x"`\n}\n'),
    ("web/a.go",
     'package main\nfunc get(key, other string) string { return os.Getenv(key) }\nvar u = get("ORDERS_URL", "")\n'),
    ("web/a.go",
     'package main\nfunc must(t *string, k string) { v := os.Getenv(k); *t = v }\nfunc f() { must(&s.u, '
     '"ORDERS_URL") }\n'),
    ("web/a.rs", 'struct C {\n  #[envconfig(from = "ORDERS_URL")]\n  pub orders: String,\n}\n'),
    ("web/A.cs",
     'class A { void F(IConfiguration c) { var u = c.GetValue<string>("X"); var v = '
     '_configuration["ORDERS_URL"]; } }'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text"), READS)
def test_the_environment_is_read(path: str, text: str) -> None:
    assert [e.key for e in graph(path, text).edges] == [("web", "orders")]


COMPOSED = [
    ("web/a.js", "var host = process.env.HOST_OF || 'orders'; request('http://' + host + ':8080/x');"),
    ("web/a.js", "const NAME = 'orders'; fetch(`http://${NAME}:8080/x`);"),
    ("web/a.py", "ORDERS = 'orders'\nrequests.get('http://{host}:8080/x'.format(host=ORDERS))\n"),
    ("web/a.py", "requests.get('http://%s:%d/x' % ('orders', 80))\n"),
    ("web/a.py", "def url(name):\n    return f'http://{name}:8080'\nrequests.get(url('orders'))\n"),
    ("web/a.py", "D = 'orders' if os.environ.get('D') is None else os.environ.get('D')\nU = f'http://{D}:80'\n"),
    ("web/A.java", 'class A { String url(String s) { return "http://" + s; } Object o = get(url("orders")); }'),
    ("web/A.java", 'class A { String u = String.format("http://%s/x", "orders"); }'),
    ("web/a.go", 'package main\nvar u = net.JoinHostPort("orders", "80")\n'),
    ("web/a.go", 'package main\nconst host = "orders"\nfunc f() { http.Get(fmt.Sprintf("http://%s:80", host)) }\n'),
    ("web/a.rb", "HOST = 'orders'\nFaraday.new(url: \"http://#{HOST}:80\")\n"),
    ("web/a.php", "<?php $h = 'orders'; curl_init(sprintf('http://%s/x', $h));"),
    ("web/a.rs", 'const H: &str = "orders"; fn f() { let u = format!("http://{}:80", H); }'),
    ("web/a.cpp", 'std::string u = std::string("http://") + "orders" + ":80";'),
    ("web/A.kt", 'val h = "orders"\nval u = "http://$h:80"\n'),
    ("web/a.rb", "HOST = LOCAL ? 'localhost:1' : 'orders'\nNet::HTTP.get(URI(\"http://#{HOST}/x\"))\n"),
    ("web/a.cpp", 'int main() { std::string a = config["orders"]["addr"]; Pool pool("x", a, 80); pool.get(); }'),
    ("web/a.cpp", 'pool *make(const json &config, const std::string &name) {\n  '
     'std::string b = config[name + "ers"]["addr"];\n  return open(b); }\nint main() { make(c, "ord"); }\n'),
    ("web/a.py", "url = config['orders']['url']\nrequests.get(url)\n"),
    ("web/a.ex", 'defmodule A do\n  @host "orders"\n  def u, do: "http://#{@host}:80"\nend\n'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text"), COMPOSED)
def test_addresses_are_put_together(path: str, text: str) -> None:
    assert [e.key for e in graph(path, text).edges] == [("web", "orders")]


SILENT = [
    ("web/a.py", '"""Calls http://billing:8080 for money."""\nx = 1\n'),
    ("web/a.py", "# http://billing:8080\nx = 1\n"),
    ("web/a.rb", "# ENV['UNREAD_URL']\nx = 1\n"),
    ("web/a_test.go", 'package main\nvar u = "http://billing:8080"\n'),
    ("web/a.rs", '#[cfg(test)]\nmod tests { fn f() { let u = "http://billing:8080"; } }\n'),
    ("web/a.pb.go", 'package main\nvar u = "http://billing:8080"\n'),
    ("web/a.go", '// Code generated by a tool. DO NOT EDIT.\npackage main\nvar u = "http://billing:8080"\n'),
    ("web/a.py", "u = f'http://billing-{region}:8080'\n"),
    ("web/a.js", "fetch('http://localhost:8080'); fetch('http://web:80');"),
    ("web/a.ex", "# http://billing:8080\nx = 1\n"),
    ("web/a.py", "x = prices['orders']['total']\n"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text"), SILENT)
def test_no_edge_from_what_is_not_used(path: str, text: str) -> None:
    files = {"compose.yaml": COMPOSE, "web/Dockerfile": "FROM a\n", "web/main.py": "x = 1\n", path: text}
    assert derive_tree(MemoryTree(files)).edges == ()


URL = 'os.environ["ORDERS_URL"]'
SETTINGS: "list[tuple[str, str, set[tuple[str, float | None, str, str]]]]" = [
    ("web/a.py", f"c = httpx.Client(timeout=2)\nc.get({URL})\n", {("timeout", 2000.0, "ms", "total")}),
    ("web/a.py",
     f"@retry(stop=stop_after_attempt(4))\ndef f():\n    requests.get({URL})\n", {("retries", 3.0, "attempts", "")}),
    ("web/a.py",
     f"@circuit(failure_threshold=3)\ndef f():\n    requests.get({URL})\n", {("circuit_breaker", None, "", "")}),
    ("web/a.py", f"e = create_engine({URL}, pool_size=7)\n", {("pool", 7.0, "connections", "")}),
    ("web/a.js",
     "fetch(process.env.ORDERS_URL, { signal: AbortSignal.timeout(700) });", {("timeout", 700.0, "ms", "total")}),
    ("web/a.js", "async.retry({ times: 6 }, () => fetch(process.env.ORDERS_URL));", {("retries", 5.0, "attempts", "")}),
    ("web/a.js",
     "const c = axios.create({ baseURL: process.env.ORDERS_URL }); axiosRetry(c, { retries: 3 }); c.get('/');",
     {("retries", 3.0, "attempts", "")}),
    ("web/a.go",
     'package main\nvar c = &http.Client{Timeout: 5 * time.Second}\nfunc f() { c.Get(os.Getenv("ORDERS_URL")) }\n',
     {("timeout", 5000.0, "ms", "total")}),
    ("web/a.go",
     'package main\nfunc dial(ctx C, addr string) { ctx, cancel := context.WithTimeout(ctx, 3*time.Second); '
     'grpc.DialContext(ctx, addr) }\n'
     'func f() { dial(c, os.Getenv("ORDERS_URL")) }\n', {("timeout", 3000.0, "ms", "total")}),
    ("web/A.java",
     'class A { @CircuitBreaker(name = "x", fallbackMethod = "g") Object f() { return '
     'r.get(System.getenv("ORDERS_URL")); } }',
     {("circuit_breaker", None, "", ""), ("fallback", None, "", "")}),
    ("web/A.java", 'class A { @Retryable(maxAttempts = 4) Object f() { return r.get(System.getenv("ORDERS_URL")); } }',
     {("retries", 3.0, "attempts", "")}),
    ("web/A.kt", 'fun f() = client.get(System.getenv("ORDERS_URL")) { timeout { requestTimeoutMillis = 500 } }\n',
     {("timeout", 500.0, "ms", "total")}),
    ("web/P.cs",
     's.AddHttpClient<C>(c => { c.BaseAddress = new Uri(configuration["ORDERS_URL"]); c.Timeout = '
     'TimeSpan.FromSeconds(4); });',
     {("timeout", 4000.0, "ms", "total")}),
    ("web/a.rb", 'Faraday.new(url: ENV["ORDERS_URL"], request: { timeout: 3, open_timeout: 1 })\n',
     {("timeout", 3000.0, "ms", "total"), ("timeout", 1000.0, "ms", "connect")}),
    ("web/a.php",
     "<?php $c = new Client(['base_uri' => getenv('ORDERS_URL'), 'timeout' => 2.5, 'connect_timeout' => 1]);",
     {("timeout", 2500.0, "ms", "total"), ("timeout", 1000.0, "ms", "connect")}),
    ("web/a.php", "<?php function f() { $c = curl_init(getenv('ORDERS_URL')); curl_setopt($c, CURLOPT_TIMEOUT, 5); }",
     {("timeout", 5000.0, "ms", "total")}),
    ("web/a.rs",
     'fn f() { let c = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap(); '
     'c.get(env::var("ORDERS_URL").unwrap()).send(); }',
     {("timeout", 10000.0, "ms", "total")}),
    ("web/a.cpp", 'int f() { auto r = cpr::Get(cpr::Url{std::getenv("ORDERS_URL")}, cpr::Timeout{900}); }',
     {("timeout", 900.0, "ms", "total")}),
    ("web/a.cpp",
     'int f() { ctx.set_deadline(clock::now() + std::chrono::milliseconds(500)); '
     'auto s = Stub(std::getenv("ORDERS_URL")); s.Get(&ctx); }',
     {("timeout", 500.0, "ms", "total")}),
    ("web/a.cpp",
     'int f() { Breaker breaker(3); breaker.execute([&] { return get(std::getenv("ORDERS_URL")); }); }',
     {("circuit_breaker", None, "", "")}),
    ("web/a.rs",
     'fn f() { (|| get(env::var("ORDERS_URL").unwrap())).retry(ExponentialBuilder::default().with_max_times(3)); }',
     {("retries", 3.0, "attempts", "")}),
    ("web/a.ex",
     'defmodule A do\n  def f, do: HTTPoison.get(System.get_env("ORDERS_URL"), [], recv_timeout: 500)\nend\n',
     {("timeout", 500.0, "ms", "read")}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "wanted"), SETTINGS)
def test_settings_of_calls(path: str, text: str, wanted: "set[tuple[str, float | None, str, str]]") -> None:
    assert settings(path, text) == wanted


def test_retries_without_end_have_no_number() -> None:
    text = (
        "package main\nfunc connect() {\n\tfor {\n\t\tc, err := amqp.Dial(os.Getenv(\"ORDERS_URL\"))\n"
        "\t\tif err == nil { return c }\n\t\ttime.Sleep(time.Second)\n\t}\n}\n"
    )  # fmt: skip
    found = edge("web/a.go", text)
    assert [(s.kind, s.value, s.detail, s.location.line) for s in found.resilience] == [("retries", None, "forever", 3)]
    assert found.retries is None


def test_a_default_for_all_calls_reaches_edges_that_other_files_show() -> None:
    text = (
        "class A { Object c = f.configureDefault(i -> "
        "b.timeLimiterConfig(T.custom().timeoutDuration(Duration.ofSeconds(9)).build())); }"
    )
    found = derive_tree(
        MemoryTree({"compose.yaml": COMPOSE, "web/Dockerfile": "", "web/A.java": text,
                    "web/src/main/resources/application.yml": "orders: {url: 'http://orders:80'}\n"})
    )  # fmt: skip
    assert [(e.key, e.timeout_ms.value) for e in found.edges if e.timeout_ms] == [(("web", "orders"), 9000.0)]


HOSTILE = ["a.rb", "a.php", "a.rs", "a.cpp", "a.ex", "A.kt", "a.go", "A.java", "A.cs", "a.ts", "a.py"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "content",
    [
        b"\x00\x01binary",
        b"(" * 3000,
        b"{[(" * 500 + b'"' * 99,
        b"x = " + b"a." * 20_000,
        b"\xff\xfe\xfa" * 50,
        b"if " * 4000,
    ],
    ids=["binary", "deep", "open", "chain", "bytes", "words"],
)
def test_hostile_code_leaves_the_rest_standing(name: str, content: bytes) -> None:
    files = {"compose.yaml": COMPOSE, "web/Dockerfile": "FROM a\n", f"web/{name}": content,
             "web/main.py": "import os\nu = os.environ['ORDERS_URL']\n"}  # fmt: skip
    found = derive_tree(MemoryTree(files))
    assert [e.key for e in found.edges] == [("web", "orders")]
    assert len([w for w in found.warnings if name in w]) <= 1


SHARED = {
    "compose.yaml": "services:\n"
    "  web: {build: services/web}\n  orders: {build: services/orders}\n  billing: {build: services/billing}\n",
    "services/web/Dockerfile": "FROM a\n",
    "services/orders/Dockerfile": "FROM a\n",
    "services/billing/Dockerfile": "FROM a\n",
    "lib/src/main/java/shop/client/Orders.java": """package shop.client;
class Orders { static Object list() { return http.get("http://orders:80/x"); } }
""",
    "lib/src/main/java/shop/client/Urls.java": """package shop.client;
class Urls { static final String ORDERS = "http://orders:80"; static final String BILLING = "http://billing:80"; }
""",
}  # fmt: skip
JAVA_WEB = "package shop.web;\nimport shop.client.%s;\nclass Web { Object a = %s; }\n"


@pytest.mark.parametrize(
    ("name", "use"),
    [("Orders", "Orders.list()"), ("Urls", "rest.get(Urls.ORDERS)"), ("Other", "loadBalanced(Service.ORDERS)")],
)
def test_a_class_that_services_share_counts_for_what_a_service_uses(name: str, use: str) -> None:
    web = {"services/web/src/main/java/shop/web/Web.java": JAVA_WEB % (name, use)}
    also = {"services/billing/src/main/java/B.java": f"import shop.client.{name};\nclass B {{}}\n"}
    found = {e.key for e in derive_tree(MemoryTree({**SHARED, **web, **also})).edges}
    assert ("web", "orders") in found
    assert ("web", "billing") not in found


FILES = [
    ("rb", "require_relative '../orders/client'\nOrders.list(1)\n",
     "services/orders/client.rb", 'module Orders\n  def self.list(x)\n    get("http://orders:80/#{x}")\n  end\nend\n'),
    ("php", "<?php require_once __DIR__ . '/../../lib/orders.php'; orders_list();",
     "lib/orders.php", "<?php function orders_list() { return file_get_contents('http://orders:80/x'); }"),
    ("cpp", '#include "../../lib/orders.h"\nint main() { list_orders(); }\n',
     "lib/orders.h", 'inline int list_orders() { return get("http://orders:80/x"); }\n'),
    ("rs", "use orders_client::list;\nfn main() { list(); }\n",
     "lib/orders/src/lib.rs", 'pub fn list() -> R { reqwest::get("http://orders:80/x") }\n'),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "own", "path", "shared"), FILES)
def test_files_that_are_imported_by_their_path_or_package_are_read(
    suffix: str, own: str, path: str, shared: str
) -> None:
    files = {name: text for name, text in SHARED.items() if not name.startswith("lib/")}
    cargo = {"lib/orders/Cargo.toml": '[package]\nname = "orders-client"\n'}
    found = derive_tree(MemoryTree({**files, **cargo, f"services/web/main.{suffix}": own, path: shared}))
    assert [e.key for e in found.edges] == [("web", "orders")]
    assert any(path == own or path.startswith(f"{own}/") for own in found.service("web").paths)


def test_a_huge_line_is_one_warning_and_costs_little() -> None:
    line = "x = [" + ",".join(f'"a{i}"' for i in range(140_000)) + "]\n"
    files = {"compose.yaml": COMPOSE, "web/Dockerfile": "FROM a\n", "web/big.js": line,
             "web/main.py": "import os\nu = os.environ['ORDERS_URL']\n"}  # fmt: skip
    found = derive_tree(MemoryTree(files))
    assert [e.key for e in found.edges] == [("web", "orders")]
    assert len([w for w in found.warnings if "big.js" in w]) == 1
