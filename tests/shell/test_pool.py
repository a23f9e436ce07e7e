"""What jobs and background commands may cost over an episode."""

from __future__ import annotations

import time

import pytest
from simulated_host import ADMIN, AGENT, complete, make_host

from simenv.machine.jobs import MAX_COST
from simenv.shell import Shell

HUNDRED = "for i in $(seq 100); do echo '* * * * * {}'; done | crontab -; sleep 35000"


@pytest.mark.parametrize(
    "script",
    [
        "echo '*/1 * * * * crontab -l | sed p | crontab -' | crontab -; sleep 3500",
        HUNDRED.format("while :; do :; done"),
        HUNDRED.format("grep -r zzz /"),
        HUNDRED.format("seq 9000 | sort -n | wc"),
        "for i in $(seq 100); do echo '0 0 29 2 1 true'; done > f; while :; do crontab f; done",
        "echo 'at now -f s; at now -f s' > s; at now -f s; sleep 350000",
        "for i in $(seq 190); do (while :; do sleep 1; done) & done; sleep 35000",
        HUNDRED.format("sleep 9999 &"),
    ],
)
def test_jobs_cost_little_in_real_time(script):
    start = time.perf_counter()
    complete(Shell(make_host(), AGENT), script)
    assert time.perf_counter() - start < 10  # some 2 s; machines differ


def test_a_spent_pool_is_journaled_once_for_each_entry(run, host):
    run("(for i in 1 2 3; do echo '* * * * * while :; do :; done'; done) | crontab -; sleep 35000")
    missed = [record for record in host.sim.journal if record.verb == "job.missed"]
    assert len(missed) == 3
    assert missed[0].details["why"].startswith("limit")


def test_users_cannot_spend_what_jobs_of_the_world_need(run, host):
    host.scheduler.add(30_000, "echo done > /tmp/done", ADMIN, initial=True)
    run("(for i in 1 2 3; do echo '* * * * * while :; do :; done'; done) | crontab -; sleep 20000")
    assert host.scheduler.pool.spent
    assert run("sleep 11000; cat /tmp/done").output == "done\n"


def test_what_a_job_leaves_goes_back_to_the_pool(run, host):
    run("echo '* * * * * true' | crontab -; sleep 6000; (true; true) & sleep 1")
    assert MAX_COST - host.scheduler.pool.commands < 420


def test_a_host_runs_500_processes(run, host):
    for _ in range(4):
        Shell(host, AGENT)
        complete(Shell(host, AGENT), "for i in $(seq 150); do sleep 9999 & done")
    assert len(host.processes) == 500
    assert "Resource temporarily unavailable" in run("sleep 1 &").output


def test_a_crontab_has_a_size(run):
    assert "too large" in run("for i in $(seq 101); do echo '* * * * * true'; done | crontab -").output
    assert run("crontab -l").output == "no crontab for agent\n"
