"""The one import for scripts: what a world's `scripts.py` needs, and no more."""

from simenv.agent.protocol import Briefing, ToolCall, Turn
from simenv_agents.notes import Notes
from simenv_agents.script import ROLES, Admission, Policy, Script
from simenv_agents.steps import read_files, read_inbox, result_of, run, use

__all__ = [
    "ROLES", "Admission", "Briefing", "Notes", "Policy", "Script", "ToolCall", "Turn", "read_files", "read_inbox", "result_of",
    "run", "use",
]  # fmt: skip
