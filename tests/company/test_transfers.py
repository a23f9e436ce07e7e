"""Transfers against closed forms, and max-min fairness against an independent calculation."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pytest

from simenv.company.company import Company
from simenv.company.network.transfers import Transfer, max_min_rates
from simenv.episode.session import Session
from simenv.machine.identity import SYSTEM, Account
from tests.patched import patched_world

WHO = Account("admin", "root")
MB = 1_000_000


def hosts(*names: str) -> dict[str, Any]:
    return {name: {"hostname": name} for name in names}


def company(folder: Path, links: dict[str, Any], *names: str, **network: Any) -> Company:
    patch = {"hosts": hosts(*names), "network": {"links": links, **network}}
    return Session(patched_world(folder, patch).scenario({}), 1).company


def link(a: str, b: str, mbps: float = 8.0, **more: Any) -> dict[str, Any]:
    return {"source": a, "target": b, "bandwidth_bps": mbps * 1e6, "latency_s": 0.0, **more}


def send(
    within: Company, source: str, target: str, size: int, at: float = 0.0, account: Account = WHO, **more: Any
) -> list[tuple[float, Transfer]]:
    """Begin a transfer at a time; what it came to, and when, is in the list afterwards."""
    done: list[tuple[float, Transfer]] = []

    def go() -> Any:
        yield within.sim.timeout(at)
        yield from within.sim.perform(
            within.transfers.copy(
                source, target, "ssh", size, account, "file", arrive=lambda t: done.append((within.sim.now, t)), **more
            )
        )

    within.sim.process(go())
    return done


def test_one_flow_takes_its_size_over_the_bandwidth_plus_the_latency(tmp_path: Path) -> None:
    world = company(tmp_path, {"x": link("a", "b", 8.0, latency_s=0.25)}, "a", "b")
    done = send(world, "a", "b", 10 * MB)
    world.sim.advance(60)
    assert done == [(pytest.approx(10.25), Transfer(10 * MB))]
    assert [r.verb for r in world.sim.journal if r.verb.startswith("transfer.")] == ["transfer.begin", "transfer.end"]


@pytest.mark.parametrize("count", [2, 3, 7, 20])
def test_equal_flows_on_one_link_share_it_evenly(tmp_path: Path, count: int) -> None:
    world = company(tmp_path, {"x": link("a", "b")}, "a", "b")
    flows = [send(world, "a", "b", 6 * MB) for _ in range(count)]
    world.sim.advance(1000)
    assert [flow[0][0] for flow in flows] == [pytest.approx(6.0 * count)] * count


def test_a_late_flow_slows_the_first_and_speeds_up_when_it_is_alone(tmp_path: Path) -> None:
    world = company(tmp_path, {"x": link("a", "b")}, "a", "b")
    first, second = send(world, "a", "b", 10 * MB), send(world, "a", "b", 10 * MB, at=4.0)
    world.sim.advance(100)
    assert first[0][0] == pytest.approx(16.0)  # 4 MB alone, then 6 MB at half the rate
    assert second[0][0] == pytest.approx(20.0)  # 6 MB at half the rate, then 4 MB alone


def test_of_two_links_in_series_the_narrower_decides(tmp_path: Path) -> None:
    links = {"x": link("a", "m", 80.0), "y": link("m", "b", 4.0)}
    world = company(tmp_path, links, "a", "b", "m")
    assert world.network.route("a", "b", "ssh") is None
    world = Session(patched_world(
        tmp_path / "2", {"hosts": {**hosts("a", "b"), "m": {"hostname": "m", "forwards": True}}, "network": {"links": links}}
    ).scenario({}), 1).company  # fmt: skip
    done = send(world, "a", "b", 5 * MB)
    world.sim.advance(60)
    assert done[0][0] == pytest.approx(10.0)


def test_a_flow_cut_half_way_has_brought_half(tmp_path: Path) -> None:
    world = company(tmp_path, {"x": link("a", "b")}, "a", "b")
    done = send(world, "a", "b", 10 * MB)
    world.sim.advance(5.0)
    world.network.cut_link("x", SYSTEM)
    assert done == [(5.0, Transfer(5 * MB, "link lost"))]
    world.network.restore_link("x", SYSTEM)
    rest = send(world, "a", "b", 5 * MB)
    world.sim.advance(20.0)
    assert rest[0] == (pytest.approx(10.0), Transfer(5 * MB))


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda w: w.host("b").power_off(SYSTEM), "host lost"),
        (lambda w: w.host("c").power_off(SYSTEM), "host lost"),
        (lambda w: w.network.isolate("a", SYSTEM), "link lost"),
        (lambda w: w.network.cut_egress(SYSTEM), "link lost"),
        (lambda w: w.identity.suspend("admin", "system"), "account suspended"),
    ],
)
def test_what_cuts_a_transfer_off(tmp_path: Path, act: Any, why: str) -> None:
    patch = {
        "hosts": {"a": {"hostname": "a"}, "b": {"hostname": "b", "zone": "internet"}, "c": {"hostname": "c"}},
        "network": {"zones": {"internet": {"external": True}}, "links": {"x": link("a", "zone:internet")}},
    }
    world = Session(patched_world(tmp_path, patch).scenario({}), 1).company
    done = send(world, "a", "b", 10 * MB, host="c")
    world.sim.advance(2.0)
    act(world)
    world.sim.advance(2.0)
    assert [result.cut for _, result in done] == [why]
    assert done[0][1].bytes_done == pytest.approx(2 * MB, abs=1000)


def test_an_isolated_host_can_rejoin(tmp_path: Path) -> None:
    world = company(tmp_path, {"x": link("a", "b")}, "a", "b")
    world.network.isolate("a", SYSTEM)
    assert world.network.route("a", "b", "ssh") is None
    world.network.rejoin("a", SYSTEM)
    assert world.network.route("a", "b", "ssh") is not None


def test_a_limit_is_kept_and_leaves_the_rest_to_others(tmp_path: Path) -> None:
    world = company(tmp_path, {"x": link("a", "b")}, "a", "b")
    slow, fast = send(world, "a", "b", 2 * MB, limit_bps=1.6e6), send(world, "a", "b", 8 * MB)
    world.sim.advance(60)
    assert slow[0][0] == pytest.approx(10.0)
    assert fast[0][0] == pytest.approx(10.0)


def test_directions_do_not_share(tmp_path: Path) -> None:
    world = company(tmp_path, {"x": link("a", "b")}, "a", "b")
    there, back = send(world, "a", "b", 4 * MB), send(world, "b", "a", 4 * MB)
    world.sim.advance(60)
    assert there[0][0] == back[0][0] == pytest.approx(4.0)


def test_without_a_route_nothing_arrives(tmp_path: Path) -> None:
    world = company(tmp_path, {"x": link("a", "b", services=["https"])}, "a", "b")
    behaviour = world.transfers.copy("a", "b", "ssh", MB, WHO, "file")
    with pytest.raises(StopIteration) as stop:
        next(behaviour)
    assert stop.value.value == Transfer(0, "no route")


def test_a_link_can_be_opened(tmp_path: Path) -> None:
    world = company(tmp_path, {"x": link("a", "b", services=["https"])}, "a", "b", "c")
    shared = world.blueprint.network.copy()
    world.network.open_link("a", "b", "ssh", WHO)
    world.network.open_link("b", "c", "ssh", WHO)
    assert world.network.route("a", "b", "ssh") is not None
    assert world.network.route("b", "c", "ssh") is not None
    assert dict(world.blueprint.network.edges) == dict(shared.edges)  # other episodes are not touched


def test_hosts_of_a_zone_hang_on_its_switch(tmp_path: Path) -> None:
    patch = {
        "hosts": {f"h{n}": {"hostname": f"h{n}", "zone": "hall"} for n in range(50)},
        "network": {"zones": {"hall": {"bandwidth_bps": 8e6, "latency_s": 0}}},
    }
    world = Session(patched_world(tmp_path, patch).scenario({}), 1).company
    into_one = [send(world, f"h{n}", "h0", MB) for n in range(1, 11)]
    elsewhere = send(world, "h20", "h30", MB)
    world.sim.advance(100)
    assert [flow[0][0] for flow in into_one] == [pytest.approx(10.0)] * 10
    assert elsewhere[0][0] == pytest.approx(1.0)


# -- max-min fairness ----------------------------------------------------------------------------------------------


def random_network(seed: int) -> tuple[dict[int, list[str]], dict[str, float]]:
    stream = random.Random(seed)
    edges = [f"e{n}" for n in range(stream.randint(1, 12))]
    capacity = {edge: stream.choice((1.0, 2.0, 5.0, stream.uniform(0.1, 9.0))) for edge in edges}
    flows = {n: stream.sample(edges, stream.randint(1, min(4, len(edges)))) for n in range(stream.randint(1, 25))}
    return flows, capacity


def by_raising_all(flows: dict[int, list[str]], capacity: dict[str, float]) -> dict[int, float]:
    """The reference: raise all rates together, in the smallest step at which some link fills; freeze what crosses it."""
    rates = dict.fromkeys(flows, 0.0)
    growing = set(flows)
    while growing:
        slack = {}
        for edge, most in capacity.items():
            crossing = [f for f in growing if edge in flows[f]]
            if crossing:
                slack[edge] = (most - sum(rates[f] for f in flows if edge in flows[f])) / len(crossing)
        step = min(slack.values())
        for flow in growing:
            rates[flow] += step
        full = [edge for edge in slack if capacity[edge] - sum(rates[f] for f in flows if edge in flows[f]) < 1e-9]
        growing -= {f for f in growing if any(edge in flows[f] for edge in full)}
    return rates


@pytest.mark.parametrize("seed", range(200))
def test_rates_are_max_min_fair(seed: int) -> None:
    flows, capacity = random_network(seed)
    rates = max_min_rates(flows, capacity)
    assert rates == pytest.approx(by_raising_all(flows, capacity))
    loads = {edge: sum(rates[f] for f in flows if edge in flows[f]) for edge in capacity}
    assert all(loads[edge] <= capacity[edge] + 1e-9 for edge in capacity)
    for flow, edges in flows.items():  # each has a full link on which none has more: that is what max-min fair means
        assert any(
            loads[e] >= capacity[e] - 1e-9 and all(rates[flow] >= rates[f] - 1e-9 for f in flows if e in flows[f])
            for e in edges
        )


@pytest.mark.parametrize("seed", range(20))
def test_no_byte_is_lost_or_made(tmp_path: Path, seed: int) -> None:
    stream = random.Random(seed)
    pairs = list(itertools.combinations("abcd", 2))
    world = company(tmp_path, {f"l{i}": link(a, b, stream.uniform(1, 20)) for i, (a, b) in enumerate(pairs)}, *"abcd")
    sizes = [stream.randint(1, 5 * MB) for _ in range(30)]
    flows = [send(world, *stream.choice(pairs), size, at=stream.uniform(0, 5)) for size in sizes]
    world.sim.advance(10_000)
    assert [flow[0][1] for flow in flows] == [Transfer(size) for size in sizes]
    assert world.transfers.under_way == 0
