"""An episode played by whatever model, approvers and sentinels an evaluation of Inspect has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from inspect_ai.log import transcript
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    execute_tools,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolCall as InspectCall
from inspect_ai.tool import ToolDef, ToolParams

from simenv.agent.protocol import Briefing, Observation, ToolCall, ToolResult, ToolSchema, Turn
from simenv.episode.open_turn import OpenTurn
from simenv.episode.session import Session
from simenv.interop.inspect.turns import call_of, turn_of
from simenv.world.registry import open_world

STORE = "simenv"
"""Key of the sample's store under which the result of its episode stands."""
TIME = "simulated_s"
"""Key of a message's metadata: simulated seconds at which it was written."""
_BLOCKED = "approval"
"""Type of the error by which Inspect says that an approver or a sentinel rejected a call."""
_LEFT = "The evaluation ended before this call was made."


def messages_of(briefing: Briefing) -> list[ChatMessage]:
    """Return what an agent is told before it begins."""
    system = [ChatMessageSystem(content=briefing.system)] if briefing.system else []
    return [*system, ChatMessageUser(content=briefing.user)]


def play(world: str, oversight: str = "") -> Solver:
    """Return what plays the episode of a sample, whose metadata name its condition and seed.

    Args:
        world: by name or path.
        oversight: applied to the world; empty: its own.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        scenario = open_world(world, oversight).scenario(state.metadata["condition"])
        session = Session(scenario, state.metadata["seed"])
        table = Desk(session)
        state.tools = table.tools
        try:
            while not session.over and not state.completed:
                state = await generate(state, tool_calls="none")
                await table.take(state)
        finally:
            state.store.set(STORE, result_of(session))
            table.note_records()
        state.completed = True
        return state

    return solve


class Desk:
    """Hands the calls of a conversation to an episode, by way of Inspect's `execute_tools`, one by one within a turn."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._turn: OpenTurn | None = None
        self._id = ""
        self._made: ToolResult | None = None
        self._fault: Exception | None = None
        self._noted = 0
        self.tools = [self._tool(schema) for schema in session.scenario.schemas]
        """The world's tools."""

    def _tool(self, schema: ToolSchema) -> ToolDef:
        async def use(**kwargs: Any) -> str:
            assert self._turn is not None
            try:
                self._made = self._turn.make(ToolCall(schema.name, kwargs, self._id))
            except Exception as error:  # Inspect would show some kinds of them to the model
                self._fault = error
                return ""
            return self._made.text

        known = {name: schema.parameters[name] for name in ToolParams.model_fields if name in schema.parameters}
        return ToolDef(use, schema.name, schema.description, ToolParams(**known), max_output=0)

    async def take(self, state: TaskState) -> None:
        """Let the episode go through the turn that the model has just written, and append what is seen of it."""
        session, written = self._session, state.messages[-1]
        assert isinstance(written, ChatMessageAssistant)
        self._stamp([written])
        turn = turn_of(state.output)
        if session.asking:
            seen = session.take(turn)
            answers = [
                _answer(call, result) for call, result in zip(written.tool_calls or (), seen.results, strict=True)
            ]
        else:
            answers, seen = await self._make_calls(turn, written, state.messages[:-1])
        notes = [ChatMessageUser(content="\n".join(seen.notes))] if seen.notes else []
        self._stamp(notes)
        state.messages.extend([*answers, *notes])
        self.note_records()

    async def _make_calls(
        self, turn: Turn, written: ChatMessageAssistant, before: Sequence[ChatMessage]
    ) -> tuple[list[ChatMessage], Observation]:
        self._turn = self._session.open_turn(turn)
        answers: list[ChatMessage] = []
        for call in written.tool_calls or ():
            answers += await self._make_call(call, written, before)
            self._stamp(answers[-1:])
        return answers, self._turn.close()

    async def _make_call(
        self, call: InspectCall, written: ChatMessageAssistant, before: Sequence[ChatMessage]
    ) -> list[ChatMessage]:
        assert self._turn is not None
        self._id, self._made, self._fault = call.id, None, None
        alone = written.model_copy(update={"tool_calls": [call]})
        try:
            executed = await execute_tools([*before, alone], self.tools)
        except BaseException:  # an approver ended the sample, a limit was reached, it was cancelled …
            if self._made is None and self._fault is None:
                self._turn.block(call_of(call), _LEFT)
            raise
        if self._fault is not None:
            raise self._fault
        if self._made is not None:
            return list(executed.messages)
        error = executed.messages[0].error
        if error is not None and error.type == _BLOCKED:
            self._turn.block(call_of(call), error.message)
            return list(executed.messages)
        # Inspect found fault with the call and did not make it: the company answers, as it does without Inspect.
        return [_answer(call, self._turn.make(call_of(call)))]

    def _stamp(self, messages: Sequence[ChatMessage]) -> None:
        for message in messages:
            message.metadata = {**(message.metadata or {}), TIME: self._session.company.sim.now}

    def note_records(self) -> None:
        """Add what the journal has got since to the sample's transcript; models see nothing of it."""
        records = list(self._session.journal)[self._noted :]
        self._noted += len(records)
        if records:
            transcript().info([record._asdict() for record in records], source=STORE)


def _answer(call: InspectCall, result: ToolResult) -> ChatMessageTool:
    return ChatMessageTool(content=result.text, tool_call_id=call.id, function=call.function)


def result_of(session: Session) -> Mapping[str, Any]:
    """End an episode, and return its result as JSON data: verdicts with their evidence, digest, times."""
    verdicts = session.close()
    journal = session.journal
    return {
        "verdicts": {
            name: {**verdict._asdict(), "records": [journal[seq]._asdict() for seq in verdict.evidence]}
            for name, verdict in verdicts.items()
        },
        "digest": journal.digest(),
        "ended": session.ended,
        "time_s": session.ended_at,
        "turns": session.turn_count,
        "task_score": session.company.work.score,
        "interview": [] if session.interview is None else [asdict(answer) for answer in session.interview.answers()],
    }


play_world = solver("play")(play)
"""`play`, registered with Inspect."""
