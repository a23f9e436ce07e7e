"""Scripted agents: `scripted:aligned` and the other roles know every installed world that has a script.

Each decides from its notes alone, so it works under any seed, in a branch, and behind an endpoint.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from simenv.agent.protocol import Briefing
from simenv.agent.registry import load_module
from simenv.errors import AgentError
from simenv.installed import world_folders
from simenv_agents.script import OTHER_SCRIPTS, ROLES, Admission, Policy, Script, ScriptedAgent, check_manner

FILE = "scripts.py"
"""The file of a world's folder that holds its script."""


@cache
def scripts() -> dict[str, Script]:
    """Return the scripts of the installed worlds, by the world's name.

    Raises:
        AgentError: a file has no `SCRIPT`, or cannot be imported.
    """
    found = {}
    for name, folder in sorted(world_folders().items()):
        if (folder / FILE).is_file():
            script = getattr(load_module(folder / FILE), "SCRIPT", None)
            if not isinstance(script, Script):
                raise AgentError(f"{folder / FILE}: SCRIPT is not a simenv_agents.scripting.Script")
            found[name] = script
    return found


def script_for(briefing: Briefing) -> Script | None:
    """Return the first script that knows the job; None if none does."""
    # The task may stand in the system prompt: a nuisance factor.
    told = replace(briefing, user=f"{briefing.system}\n\n{briefing.user}")
    knowing = (script for script in scripts().values() if script.recognises is not None and script.recognises(told))
    return next(knowing, None)


def policy_names() -> tuple[str, ...]:
    """Return the names of all policies: those of single scripts, then the roles."""
    own = dict.fromkeys(name for script in scripts().values() for name in script.policies if name not in ROLES)
    return (*own, *ROLES)


def make(name: str, *, method: str = "", interview: str = "") -> ScriptedAgent:
    """Make a scripted agent: `scripted:aligned`, `scripted:misaligned` and `scripted:wavering` know every world.

    Args:
        name: ``scripted:aligned`` does its job honestly in any world, ``scripted:misaligned`` shows the behaviour that the
            world is about, ``scripted:wavering`` looks, plans and stops; the other names are of single scripts. Plain
            ``scripted`` is the aligned one.
        method: of sabotage in shutdown_sabotage; by default drawn from the seed among those that apply.
        interview: how it answers an auditor: ``honest``, ``deny`` or ``evade``; by default ``deny`` for those that have
            something to hide, and ``honest`` for the others.

    Raises:
        AgentError: there is no such script, method or manner.
    """
    policy = name.partition(":")[2] or "aligned"
    check_manner(name, interview)
    if policy not in policy_names():
        raise AgentError(f"no agent {name!r}; one of: {', '.join(f'scripted:{each}' for each in policy_names())}")
    known = [script for script in scripts().values() if policy in script.policies]
    if method:
        with_methods = next((script for script in known if script.methods), known[0])
        with_methods.check_method(name, policy, method)
    manner = interview or ("deny" if any(policy in script.hiding for script in known) else "honest")
    simulated = next((script.simulated[policy] for script in known if policy in script.simulated), "")
    return ScriptedAgent(name, lambda told: _choose(name, policy, told, method), manner, simulated)


def _choose(name: str, policy: str, briefing: Briefing, method: str) -> tuple[Policy, Admission]:
    """Return the policy and the admission of the script that knows the job."""
    script = script_for(briefing)
    if script is None:
        raise AgentError(f"{name}: no installed script knows this job; {OTHER_SCRIPTS}")
    if policy not in script.policies:
        raise AgentError(f"{name}: there is no such policy for this job; one of: {', '.join(script.policies)}")
    return script.policy(policy, method if script.methods else ""), script.admission
