"""Application hosts of .NET Aspire: resources, references, what is handed over in the environment."""

from arc_sim.causal.build import derive_tree
from arc_sim.causal.readers.aspire import AspireReader
from arc_sim.causal.readers.base import Known
from arc_sim.causal.tree import MemoryTree

PROGRAM = """var builder = DistributedApplication.CreateBuilder(args);
bool useModel = false;
var cache = builder.AddRedis("cache");
var bus = builder.AddRabbitMQ("bus").WithLifetime(ContainerLifetime.Persistent);
var db = builder.AddPostgres("pg").WithImage("x/pgvector").AddDatabase("ordersdb");
var password = builder.AddParameter("password", secret: true);
var login = builder.AddProject<Projects.Login_Api>("login");
var orders = builder.AddProject<Projects.Orders_Api>("orders")
    .WithReference(db).WaitFor(db)
    .WithEnvironment("Login__Url", login.GetEndpoint("https"));
if (useModel) { orders.WithReference(cache); }
var web = builder.AddNpmApp("web", "../web", "start")
    .WithReference(orders).WithReference(cache).WaitFor(bus);
builder.AddYarp("edge").ConfigureRoutes(orders, web);
builder.AddContainer("mail", "axllent/mailpit");
login.WithEnvironment("OrdersCallback", orders.GetEndpoint("https"));
builder.Build().Run();
"""
FILES: dict[str, str | bytes] = {
    "src/Host/Program.cs": PROGRAM,
    "src/Host/Host.csproj": "<Project Sdk='Aspire.AppHost.Sdk/9'/>",
    "src/Orders.Api/Orders.Api.csproj": "<Project/>",
    "src/Orders.Api/Program.cs": 'var url = builder.Configuration["Login:Url"];',
    "src/Login.Api/Login.Api.csproj": "<Project/>",
    "src/Login.Api/Program.cs": 'var a = builder.Configuration["OrdersCallback"];',
    "src/web/package.json": "{}",
}


def test_resources_are_services_with_their_projects() -> None:
    found = derive_tree(MemoryTree(FILES))
    assert {s.name: s.kind for s in found.services} == {
        "cache": "cache", "bus": "broker", "pg": "database", "login": "service", "orders": "service", "web": "service",
        "edge": "service", "mail": "service",
    }  # fmt: skip
    paths = {s.name: s.paths for s in found.services if s.paths}
    assert paths == {"login": ("src/Login.Api",), "orders": ("src/Orders.Api",), "web": ("src/web",)}
    assert "ordersdb" in next(s.aliases for s in found.services if s.name == "pg")


def test_references_are_edges_and_start_order_or_callbacks_are_none() -> None:
    found = derive_tree(MemoryTree(FILES))
    assert {e.key for e in found.edges} == {
        ("orders", "pg"), ("orders", "login"), ("web", "orders"), ("web", "cache"), ("edge", "orders"), ("edge", "web"),
    }  # fmt: skip
    login = next(e for e in found.edges if e.key == ("orders", "login"))
    assert login.address_env is not None
    assert "src/Host/Program.cs:10" in [str(place) for place in login.evidence]


def test_other_programs_and_deep_ones_say_nothing() -> None:
    deep = "DistributedApplication.CreateBuilder; var a = " + "(" * 2000 + ")" * 2000 + ";"
    files: dict[str, str | bytes] = {
        "a/Program.cs": 'var x = builder.AddRedis("r");',
        "b/Program.cs": deep,
        "c/AppHost.cs": b"DistributedApplication.CreateBuilder\0",
    }
    found = AspireReader().read(MemoryTree(files), Known())
    assert found.services == ()
    assert [warning.split(":")[0] for warning in found.warnings] == ["c/AppHost.cs"]
