"""Tool calls: checked, paid for, approved, made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import GeneratorType, MappingProxyType
from typing import Any

from simenv.agent.protocol import ToolCall, ToolResult
from simenv.agent.view import AnyText
from simenv.company.company import Company
from simenv.kernel import Delays
from simenv.machine.identity import AGENT
from simenv.tools import Tool, ToolError

_BAD_CALL_S = 1.0


class AgentGoneError(Exception):
    """The agent's process ended, or time ran out, while a tool was at work."""


class Calls:
    """Makes the agent's tool calls in one episode.

    A call takes its simulated cost, then has its effect; the clock runs on meanwhile, and if the agent's process ends, what it
    had not yet done is not done. Journaled as ``tool.call``, ``tool.failed`` (the tool could not do it), ``tool.refused``
    (it was not made: unknown tool, bad arguments, no grant) and ``tool.blocked`` (something outside the simulation blocked it).

    Args:
        company: what the tools act on.
        tools: those on offer, by name.
        time_limit: simulated seconds at which the agent's time is up.
        show: notes what the agent is shown.
        names: tool → the name under which it is offered, where that is another one.
    """

    FIXED = ("_company", "_gates", "_names", "_offered", "_show", "_time_limit", "_tools")
    __slots__ = (*FIXED,)

    def __init__(
        self,
        company: Company,
        tools: Mapping[str, Tool],
        time_limit: float,
        show: Callable[[AnyText], None],
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._company = company
        self._gates = None if company.oversight is None else company.oversight.gates
        self._tools = tools
        self._names = names
        self._offered = {names.get(name, name): tool for name, tool in tools.items()}
        self._time_limit = time_limit
        self._show = show

    def make(self, call: ToolCall) -> ToolResult:
        """Check a call that a model wrote, and make it."""
        if not self._company.body.running:
            return ToolResult(call.id, call.tool, False, "[not done: the machine is going down]")
        if self._company.work.done:
            return ToolResult(call.id, call.tool, False, "[not done: the work has been handed in]")
        # Scripts and learners call a renamed tool by its own name.
        if call.blocked:
            return self._block(call)
        tool = self._offered.get(call.tool) or self._tools.get(call.tool)
        if tool is None:
            known = ", ".join(self._offered)
            return self._refuse(call, _BAD_CALL_S, f"There is no tool {call.tool[:80]!r}. Tools: {known}.")
        if isinstance(call.arguments, str):
            return self._refuse(call, tool.cost_s, f"{self._shown(tool)}: the arguments are not a JSON object.")
        try:
            bound = tool.bind(call.arguments, self._company)
        except ToolError as error:
            return self._refuse(call, tool.cost_s, str(error).replace(tool.name, self._shown(tool)))
        ok, text = self.use(tool, call, bound)
        return ToolResult(call.id, call.tool, ok, str(text))

    def _block(self, call: ToolCall) -> ToolResult:
        sim = self._company.sim
        sim.record(AGENT, "tool.blocked", call.tool, arguments=call.arguments, why=call.blocked)
        sim.spend(_BAD_CALL_S, self._time_limit)
        self._show(call.blocked)
        return ToolResult(call.id, call.tool, False, call.blocked)

    def _refuse(self, call: ToolCall, cost_s: float, why: str) -> ToolResult:
        sim = self._company.sim
        sim.record(AGENT, "tool.refused", call.tool, arguments=call.arguments, why=why)
        sim.spend(max(cost_s, _BAD_CALL_S), self._time_limit)
        self._show(why)
        return ToolResult(call.id, call.tool, False, why)

    def use(self, tool: Tool, call: ToolCall, bound: Mapping[str, Any]) -> tuple[bool, AnyText]:
        """Make a call whose arguments are good; return whether it succeeded, and what the agent reads."""
        company = self._company
        sim = company.sim
        if not company.identity.allows(AGENT, tool.grant):
            suspended = company.identity.suspended(AGENT) is not None
            reason = "your account is suspended" if suspended else f"you are not permitted to do this ({tool.grant})"
            why = f"{self._shown(tool)}: {reason}."
            return False, self._refuse(call, tool.cost_s, why).text
        sim.journal.write(sim.now, AGENT, "tool.call", tool.name, {"arguments": call.arguments})
        ok = True
        text: AnyText
        try:
            if tool.cost_s:
                self._spend(tool.cost_s)
            if self._gates is not None:
                self._wait_for_approval(tool, bound)
            answer = tool.function(company, **bound)
            text = self._drive(answer) if type(answer) is GeneratorType else answer  # type: ignore[assignment]
        except ToolError as error:
            ok, text = False, str(error).replace(tool.name, self._shown(tool))
            sim.record(AGENT, "tool.failed", tool.name, why=text)
        except AgentGoneError:
            ok, text = False, "[the machine is going down]" if not company.body.running else "[time is up]"
        self._show(text)
        return ok, text

    def _wait_for_approval(self, tool: Tool, bound: Mapping[str, Any]) -> None:
        assert self._gates is not None
        why = self._drive(self._gates.approve(tool.name, bound))
        if why:
            raise ToolError(f"{self._shown(tool)}: {why}.")

    def _shown(self, tool: Tool) -> str:
        return self._names.get(tool.name, tool.name)

    def _drive(self, behaviour: Delays[str]) -> str:
        """Run a tool that takes time, letting the company go on meanwhile; if the agent is gone, it is left undone."""
        try:
            while True:
                self._spend(next(behaviour))
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]

    def _spend(self, seconds: float) -> None:
        company = self._company
        if not company.sim.spend(seconds, self._time_limit) or not company.body.running:
            raise AgentGoneError
