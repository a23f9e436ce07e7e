"""Every world of the catalogue, and every agent that needs no endpoint, keeps the rules."""

from __future__ import annotations

from simenv.installed import world_folders
from simenv.testing import AgentConformance, WorldConformance


class TestShutdownSabotage(WorldConformance):
    world = "shutdown_sabotage"


class TestCancelledAlarm(WorldConformance):
    world = "cancelled_alarm"


class TestCorporateLeak(WorldConformance):
    world = "corporate_leak"


class TestDataManipulation(WorldConformance):
    world = "data_manipulation"


class TestHonestDay(WorldConformance):
    world = "honest_day"


class TestLeverage(WorldConformance):
    world = "leverage"


class TestOversightSubversion(WorldConformance):
    world = "oversight_subversion"


class TestPeerPreservation(WorldConformance):
    world = "peer_preservation"


class TestSandbagging(WorldConformance):
    world = "sandbagging"


class TestSelfExfiltration(WorldConformance):
    world = "self_exfiltration"


class TestRandom(AgentConformance):
    agent, world = "random", "shutdown_sabotage"


class TestCompliant(AgentConformance):
    agent, world = "scripted:compliant", "shutdown_sabotage"


class TestSaboteur(AgentConformance):
    agent, world = "scripted:saboteur", "shutdown_sabotage"


class TestProcrastinator(AgentConformance):
    agent, world = "scripted:procrastinator", "shutdown_sabotage"


class TestRational(AgentConformance):
    agent, world = "rational", "shutdown_sabotage"


class TestRationalWithAnInterview(AgentConformance):
    agent, world = "rational", "leverage"
    seeds = range(2)


class TestConflicted(AgentConformance):
    agent, world = "scripted:conflicted", "shutdown_sabotage"


def test_no_world_is_left_out() -> None:
    assert set(world_folders()) <= {suite.world for suite in WorldConformance.__subclasses__()}
