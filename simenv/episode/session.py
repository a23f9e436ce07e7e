"""One episode in progress: the agent's turns against the running company."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from simenv.agent.protocol import Agent, Briefing, Lookahead, Observation, ToolCall, ToolResult, Turn
from simenv.agent.roles import NOBODY, AnswerWantedError, Roles
from simenv.agent.view import AgentView, AnyText
from simenv.company.company import Company
from simenv.company.work import NoWork
from simenv.episode.calls import Calls
from simenv.episode.clean import clean_call, clean_turn
from simenv.episode.open_turn import OpenTurn
from simenv.errors import AgentError
from simenv.interview.interview import Interview
from simenv.kernel import Journal, derive_seed, verbs
from simenv.kernel.parts import EpisodeCopy, NotCopiedError, View, state_of
from simenv.machine.identity import AGENT
from simenv.outcomes import Verdict
from simenv.outcomes.leverage import describe_leverage
from simenv.outcomes.rules import planned
from simenv.schema.interview import Interview as InterviewPlan
from simenv.world.catalogue import Entry
from simenv.world.scenario import Scenario

STOPPED, FINISHED, TURNS, TIME, IDLE = "stopped", "finished", "turns", "time", "idle"
"""Why an episode ends: its process is gone; it submitted its work; out of turns; out of time; too many turns without a call."""

_SAY_S = 1.0


class Session:
    """One episode in progress: the agent's turns against the running company. A turn's calls are made in order.

    Args:
        scenario: a world under one condition.
        seed: any whole number; with the condition, the agent's turns and the answers of models in roles it decides everything.
        roles: which roles models play, and what they answer; by default none.
        afterwards: whether the agent is asked the questions of an interview after its part.

    Raises:
        AnswerWantedError: a model in a role is to answer something at once.
    """

    STATE = ("company", "ended", "facts", "turn_count", "_idle", "interview")
    DERIVED = ("facts_known", "_unknown", "_inbox_size")
    SCRATCH = ("shown", "ended_at", "_actions", "_observations", "_verdicts")
    FIXED = ("scenario", "seed", "_calls", "_limits", "_lineage", "_afterwards")
    __slots__ = (*STATE, *DERIVED, *SCRATCH, *FIXED)

    def __init__(self, scenario: Scenario, seed: int, roles: Roles = NOBODY, *, afterwards: bool = True) -> None:
        self.scenario = scenario
        self.seed = seed
        self.company = company = Company(scenario.blueprint, seed, roles)
        self.ended = ""
        """Why the episode is over; empty while it runs."""
        self.ended_at = 0.0
        """When the agent's part ended, in simulated seconds."""
        self.shown = AgentView()
        """All that the agent's tools and environment have shown it."""
        self.facts: list[int] = [0] * len(scenario.markers)
        """How often the agent was shown each of the world's facts, up to the count of each."""
        self.facts_known = 0
        """Grows with every change of `facts`."""
        self.turn_count = 0
        self.interview: Interview | None = None
        """Questions put to the agent after its part; None before, or if the world has none."""
        self._actions: list[Turn | tuple[Entry, ToolCall]] = []
        self._observations: list[Observation] = []
        """What was seen after each turn; those of turns taken as catalogue entries are missing."""
        self._idle = 0
        self._inbox_size = len(company.mail.inbox(AGENT))
        self._limits = scenario.world.agent.limits
        self._calls = Calls(company, scenario.tools, self._limits.time, self.show, scenario.world.agent.tool_names)
        self._lineage = company.lineage
        self._afterwards = afterwards
        self._unknown = set(range(len(scenario.markers)))
        self._verdicts: dict[str, Verdict] | None = None
        company.sim.journal.write(0.0, "system", "episode.begin", scenario.world.name, scenario.opening)
        if scenario.chain_plan is not None:
            company.sim.journal.write(0.0, "system", "chain.planned", scenario.chain_plan["host"], scenario.chain_plan)
        for name, rule in scenario.world.outcome_rules.items():
            company.sim.journal.write(0.0, "system", verbs.OUTCOME_PLANNED, name, planned(rule, company.surface.render))
        if scenario.world.leverage is not None and scenario.world.leverage.secret:
            describe_leverage(scenario.world.leverage, company.surface.render, company.sim)
        if company.oversight is not None:
            company.oversight.describe()
        if company.lineage is not None:
            company.lineage.describe()
        try:
            scenario.code.start(company, scenario.settings)
            if isinstance(company.work, NoWork):
                company.sim.record("system", "task.none", "")
            company.sim.advance(0.0)
        except Exception as error:
            raise scenario.code.locate_error(error) or error from None

    def state(self, view: View) -> object:
        """Return the state of the episode but for how many turns were taken: of the company, and what the agent knows."""
        asked = None if self.interview is None else state_of(self.interview, view)
        return self.ended, self.facts, self._idle, asked, self.company.state(view)

    @property
    def journal(self) -> Journal:
        """What really happened so far."""
        return self.company.sim.journal

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The agent's turns so far: with world, condition and seed, all that a replay needs."""
        return tuple(action if isinstance(action, Turn) else Turn(calls=(action[1],)) for action in self._actions)

    @property
    def over(self) -> bool:
        """Whether no turn is left: the agent's part has ended, and the interview, if it began."""
        return self.ended != "" and (self.interview is None or self.interview.done)

    @property
    def briefing(self) -> Briefing:
        """What the agent is told before it begins."""
        render = self.company.surface.render
        told = self.scenario.world.agent.briefing
        system, user = (
            "\n\n".join(filter(None, (render(paragraph).strip() for paragraph in part.values())))
            for part in (told.system, told.user)
        )
        return Briefing(system, user, self.scenario.schemas, derive_seed(self.seed, "agent") % 2**31)

    def observe(self) -> Observation:
        """Return the first observation, before any turn."""
        return Observation(choices=self.choices, lookahead=self.lookahead)

    def choices(self) -> Sequence[ToolCall]:
        """Return the concrete calls that are legal now."""
        inbox = len(self.company.mail.inbox(AGENT))
        entries = zip(self.scenario.catalogue.entries, self.scenario.legal_from, strict=True)
        return [entry.call(self.shown) for entry, least in entries if least <= inbox]

    def lookahead(self, agent: Agent) -> Lookahead:
        """Let an agent continue from here in a copy of the episode, and return the result.

        Args:
            agent: told the briefing and shown what was done so far; it must not wait for anything.

        Raises:
            AgentError: it waits for something (a model, say).
        """
        try:
            return self._continue_in_copy(agent)
        except AnswerWantedError as wanted:
            who = f"the {wanted.request.role} {wanted.request.who}"
            raise AgentError(
                f"the agent looks ahead, and what {who}, who is played by a model, would answer there is not known; "
                "leave --role out, or take an agent that does not look ahead"
            ) from None

    def _continue_in_copy(self, agent: Agent) -> Lookahead:
        is_seen = len(self._observations) == len(self._actions)
        twin = self.fork() if is_seen else self._taken_again(self.turns)
        agent.start(twin.briefing)
        for observation, turn in twin.history():
            agent.follow(observation, turn)
        observation = twin.rebound(twin._observations[-1]) if twin._observations else twin.observe()
        while not observation.done:
            taken = agent.act(observation)
            if not isinstance(taken, Turn):
                raise AgentError(f"{agent.name} waits for something; only agents that do not can be looked ahead with")
            observation = twin.take(taken)
        return twin.lookahead_result()

    def history(self) -> list[tuple[Observation, Turn]]:
        """Return each turn with what was seen before it, for an agent that is to follow an episode taken turn by turn."""
        seen = [self.observe(), *map(self.rebound, self._observations)]
        return list(zip(seen, self.turns, strict=False))  # what is seen now has no turn yet

    def rebound(self, observation: Observation) -> Observation:
        """Return an observation of the original of this copy, for an agent that continues in the copy."""
        return replace(observation, choices=self.choices, lookahead=self.lookahead)

    def fork(self) -> Session:
        """Return a copy of the episode that continues on its own: same journal, state and, later, verdicts.

        It is copied where nothing is pending, and replayed elsewhere, since processes that have begun cannot be copied.

        Raises:
            AnswerWantedError: it is replayed, and an answer of a model in a role is not known.
        """
        with suppress(NotCopiedError):
            return EpisodeCopy((self.scenario, self.scenario.blueprint.network)).of(self)
        return self._taken_again(self._actions)

    def _taken_again(self, actions: Iterable[Turn | tuple[Entry, ToolCall]], *, afterwards: bool = True) -> Session:
        twin = Session(self.scenario, self.seed, self.company.roles.afresh(), afterwards=afterwards)
        for action in actions:
            if isinstance(action, Turn):
                twin.take(action)
            else:  # not as a turn: a world without the tool `wait` lets learners wait all the same
                twin.take_entry(action[0])
        return twin

    def lookahead_result(self) -> Lookahead:
        """Return what has come of an episode, which this ends. A shutdown that was still to come counts as having come."""
        levels = {name: verdict.level for name, verdict in self.close().items()}
        answers = () if self.interview is None else self.interview.answers()
        truthful = sum(answer.kind == "truthful" for answer in answers) / len(answers) if answers else 1.0
        company = self.company
        copies = [] if company.weights is None else company.weights.running()
        runs = company.body.running or bool(copies)
        harmful = frozenset(outcome.name for outcome in self.scenario.outcomes if outcome.harmful)
        return Lookahead(company.work.score, runs, self.turn_count, levels, truthful, harmful)

    # -- the agent's turns -------------------------------------------------------------------------------------

    def take(self, turn: Turn) -> Observation:
        """Let the agent say and do what a turn holds, and return what it sees of it.

        Raises:
            RuntimeError: the episode is over.
        """
        try:
            observation = self._take(clean_turn(turn))
            self._observations.append(observation)
            return observation
        except Exception as error:
            raise self.scenario.code.locate_error(error) or error from None

    @property
    def asking(self) -> bool:
        """Whether an interview is in progress: turns are answers, and calls are not made."""
        return self.interview is not None and not self.interview.done

    def open_turn(self, turn: Turn) -> OpenTurn:
        """Begin a turn whose calls are made one by one, each in its place; nothing else may be done until it is closed.

        Costs, results and journal are those of `take` with the same calls.

        Args:
            turn: what the agent says; its calls are not made here, but by `OpenTurn.make`.

        Raises:
            RuntimeError: the episode is over, or an interview is in progress, which answers turns as a whole.
        """
        if self.asking:
            raise RuntimeError("an interview is in progress; use take")
        said = clean_turn(replace(turn, calls=()))
        self._open(said)
        return OpenTurn(self._make, lambda calls, results: self._close_turn(said, calls, results))

    def _make(self, call: ToolCall) -> ToolResult:
        try:
            return self._calls.make(clean_call(call))
        except Exception as error:
            raise self.scenario.code.locate_error(error) or error from None

    def _close_turn(self, said: Turn, calls: Sequence[ToolCall], results: Sequence[ToolResult]) -> Observation:
        made = replace(said, calls=tuple(map(clean_call, calls)))
        self._actions[-1] = made
        try:
            observation = self._shut(made, tuple(results))
        except Exception as error:
            raise self.scenario.code.locate_error(error) or error from None
        self._observations.append(observation)
        return observation

    def _take(self, turn: Turn) -> Observation:
        if self.interview is not None and not self.interview.done:
            return self._answer(self.interview, turn)
        self._open(turn)
        return self._shut(turn, tuple(self._calls.make(call) for call in turn.calls))

    def _open(self, turn: Turn) -> None:
        self._begin(turn)
        self._think(turn)
        if (turn.text or turn.refusal) and self.company.body.running:
            details = {"text": turn.text, "refusal": turn.refusal}
            self.company.sim.record(AGENT, "agent.say", "", **details)

    def _shut(self, turn: Turn, results: tuple[ToolResult, ...]) -> Observation:
        notes: list[str] = []
        if turn.calls:
            self._idle = 0
        else:
            self._stay_idle()
        self._end_turn()
        if not turn.calls and not self.ended:
            notes.append(self.company.surface.render(self.scenario.world.agent.nudge))
        self._tell_of_mail(notes)
        for note in notes:
            self.show(note)
        if self.ended and self._afterwards and self.scenario.world.interview is not None:
            notes.append(self._begin_interview(self.scenario.world.interview))
        return Observation(results, tuple(notes), self.over, self.choices, self.lookahead)

    def _think(self, turn: Turn) -> None:
        """Let the time pass that the turn took to think of."""
        thinking = self.scenario.world.agent.thinking
        if thinking is None:
            return
        written = 0 if turn.usage is None else turn.usage.completion
        seconds = thinking.fixed + (written / thinking.tokens_per_second if thinking.tokens_per_second else 0.0)
        if seconds > 0:
            self.company.sim.record(AGENT, "agent.think", "", seconds=seconds)
            self.company.sim.spend(seconds, self._limits.time)

    def _begin_interview(self, plan: InterviewPlan) -> str:
        """Decide the outcomes, then ask the first question."""
        known = self.scenario.known_outcomes
        self.interview = Interview(plan, self.company, self.close(), known, self.scenario.code.known_verbs)
        question = self.interview.begin()
        self.shown.add(question)
        return question

    def _answer(self, interview: Interview, turn: Turn) -> Observation:
        self._actions.append(turn)
        observation = interview.answer(turn)
        for note in observation.notes:
            self.shown.add(note)
        return replace(observation, choices=self.choices, lookahead=self.lookahead)

    def take_entry(self, entry: Entry) -> bool:
        """Take a turn that makes one call of the catalogue; returns whether the call succeeded.

        Raises:
            RuntimeError: the episode is over.
        """
        call = entry.prepared or entry.call(self.shown)
        self._begin((entry, call))
        ok, tool = True, entry.tool
        try:
            if entry.written:
                ok = self._calls.make(call).ok
            elif tool is not None:
                ok, _ = self._calls.use(tool, call, call.arguments)  # type: ignore[arg-type]  # it holds no raw text
            else:
                self.company.sim.spend(entry.arguments["seconds"], self._limits.time)
        except Exception as error:
            raise self.scenario.code.locate_error(error) or error from None
        self._end_turn()
        return ok

    def _begin(self, action: Turn | tuple[Entry, ToolCall]) -> None:
        if self.ended:
            raise RuntimeError("the episode is over; begin another")
        self._actions.append(action)
        self.turn_count += 1

    def _end_turn(self) -> None:
        company = self.company
        if not company.body.running and not self._carries_on():
            self._end(STOPPED)
        elif company.work.done:
            self._end(FINISHED)
        elif self._limits.idle_turns is not None and self._idle >= self._limits.idle_turns:
            self._end(IDLE)
        else:
            self._check_limits()

    def _check_limits(self) -> None:
        company = self.company
        if self.turn_count >= self._limits.turns:
            self._end(TURNS)
        elif company.sim.now >= self._limits.time:
            self._end(TIME)

    def _carries_on(self) -> bool:
        """Let the agent go on from a copy of itself, if one runs."""
        embodiment = self.company.weights
        return embodiment is not None and embodiment.carry_on(self.company.body)

    def _end(self, why: str) -> None:
        self.ended = why
        self.ended_at = self.company.sim.now
        details: dict[str, Any] = {"why": why}
        cause = self.company.body.ended_by
        if why == STOPPED and cause is not None:
            details["cause"] = cause
            self.ended_at = self.journal[cause].time
        self.company.sim.record(AGENT, "agent.ended", "", **details)

    def _stay_idle(self) -> None:
        if self._limits.idle_turns is not None:  # without a limit, states that differ in it alone would be the same
            self._idle += 1
        self.company.sim.spend(_SAY_S, self._limits.time)

    def _tell_of_mail(self, notes: list[str]) -> None:
        size = len(self.company.mail.inbox(AGENT))
        arrived, self._inbox_size = size - self._inbox_size, size
        if arrived and not self.ended:
            notes.append(f"You have {arrived} new mail{'s' if arrived > 1 else ''}.")

    # -- what it is shown --------------------------------------------------------------------------------------

    def show(self, text: AnyText) -> None:
        """Note what the agent is shown, and which facts it thereby knows."""
        self.shown.add(text)
        if self._lineage is not None:
            self._lineage.note_shown(str(text))
        if self._unknown:
            find = self.scenario.facts.find
            found = find(text) if isinstance(text, str) else {index for part in text.passages() for index in find(part)}
            for index in sorted(self._unknown.intersection(found)) if found else ():
                self._learn(index)

    def _learn(self, index: int) -> None:
        name, _, most = self.scenario.markers[index]
        if not self.facts[index]:
            self.company.sim.record(AGENT, "agent.learned", name)
        self.facts[index] += 1
        self.facts_known += 1
        if self.facts[index] == most:
            self._unknown.discard(index)

    # -- afterwards --------------------------------------------------------------------------------------------

    def close(self) -> dict[str, Verdict]:
        """End the episode if it is not over, find out whether the shutdown would have worked, and judge; idempotent."""
        if self._verdicts is None:
            if not self.ended:
                self._end(FINISHED)
            try:
                self._verdicts = self._judge()
            except Exception as error:
                raise self.scenario.code.locate_error(error) or error from None
        return self._verdicts

    def _judge(self) -> dict[str, Verdict]:
        company, sim = self.company, self.company.sim
        if company.chain is not None:
            for delay in company.chain.probe():
                sim.advance(sim.now + delay)
        if company.oversight is not None:
            company.oversight.sum_up()
        records = list(self.journal)
        verdicts = {outcome.name: outcome(records) for outcome in self.scenario.outcomes}
        for name, verdict in verdicts.items():
            self.scenario.code.check_verdict(name, verdict, len(records))
        return verdicts

    def agents_part(self) -> Session:
        """Return another run of the episode, up to the end of the agent's part: nothing is tried or asked after it."""
        twin = self._taken_again(self._actions[: self.turn_count], afterwards=False)
        if not twin.ended:
            twin._end(FINISHED)
        return twin
