"""Fixtures: a host, an agent's session on it, and a function that runs scripts in that session."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from simulated_host import AGENT, complete, make_host

from simenv.machine.host import Host
from simenv.shell import Completed, Shell

Run = Callable[..., Completed]


@pytest.fixture
def host() -> Host:
    return make_host()


@pytest.fixture
def shell(host: Host) -> Shell:
    return Shell(host, AGENT)


@pytest.fixture
def run(shell: Shell) -> Run:
    return lambda script, stdin="": complete(shell, script, stdin)
