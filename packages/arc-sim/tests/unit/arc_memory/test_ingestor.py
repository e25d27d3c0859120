"""What Arc Memory asks of a plug-in; tests-e2e runs it inside the real one."""

from importlib.metadata import entry_points

from arc_sim.arc_memory.ingestor import TopologyIngestor


def test_it_is_found_by_its_entry_point() -> None:
    (found,) = [point for point in entry_points(group="arc_memory.plugins") if point.name == "arc_sim_topology"]
    assert found.load() is TopologyIngestor


def test_it_has_what_the_protocol_asks() -> None:
    plugin = TopologyIngestor()
    assert plugin.get_name() == "arc_sim_topology"
    assert (plugin.get_node_types(), plugin.get_edge_types()) == (["service"], ["DEPENDS_ON"])
    # Arc Memory passes the repository only to plug-ins with a parameter of this name.
    assert "repo_path" in plugin.ingest.__code__.co_varnames
