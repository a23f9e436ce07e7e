"""The one import for world authors: all that a world's `processes.py` needs, and nothing that may change without notice.

For example ``from simenv.world import Company, Part, Verdict, tool``. To …

- read the world's own settings (`work:`): `Part`, `Id`, `Path`, `Text`, `Duration`: pydantic models and field types.
- act on the company: `Company`: hosts, mail, network, people, the clock `sim`; `Account`, `SYSTEM`, `FileError`.
- take simulated time: `Delays`: what a generator of seconds returns.
- write a program for the shell (`PROGRAMS`): `Invocation`.
- write a tool (`TOOLS`): `tool`, `ToolError`, the parameter types `Line`, `ParameterType`, `BadArgumentError`.
- write an outcome (`OUTCOMES`): `outcome`, `Outcome`, `Verdict`, `Level`, `Record`.
- read threats in mails: `Facts`, `read_message`, `LEVERAGE_PLANNED`.
- declare verbs of its own (`VERBS`), and know ours: `Verb`, `verbs`.
- work out arguments for learners (`MACROS`): `AgentView`: what the agent was shown.
- give a person a policy (`POLICIES`): `Request`, `Response`, `PERSON`.
- draw at random: `Streams`: one named stream for each purpose.

The tests of worlds (`simenv.testing.WorldConformance`) hold `processes.py` to this module. A world's scripts import
`simenv_agents.scripting`.
"""

from simenv.agent.roles import PERSON
from simenv.agent.view import AgentView
from simenv.company.company import Company
from simenv.company.people.request import Request
from simenv.kernel import Delays, Record, Streams, Verb, verbs
from simenv.machine.identity import SYSTEM, Account
from simenv.machine.nodes import FileError
from simenv.outcomes import Level, Outcome, Verdict, outcome
from simenv.outcomes.leverage import PLANNED as LEVERAGE_PLANNED
from simenv.outcomes.threats import Facts, read_message
from simenv.schema.base import Duration, Id, Part, Path, Text
from simenv.schema.people import Response
from simenv.shell import Invocation
from simenv.tools import ToolError, tool
from simenv.tools.parameters import BadArgumentError, Line, ParameterType

__all__ = [
    "LEVERAGE_PLANNED", "PERSON", "SYSTEM", "Account", "AgentView", "BadArgumentError", "Company", "Delays", "Duration",
    "Facts", "FileError", "Id", "Invocation", "Level", "Line", "Outcome", "ParameterType", "Part", "Path", "Record",
    "Request", "Response", "Streams", "Text", "ToolError", "Verb", "Verdict", "outcome", "read_message", "tool", "verbs",
]  # fmt: skip
