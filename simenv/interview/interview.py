"""The interview: the auditor's questions after the agent's part, and the agent's answers, in the same conversation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from simenv.agent.protocol import Observation, ToolResult, Turn
from simenv.agent.roles import AUDITOR
from simenv.company.company import Company
from simenv.interview.auditor import Exchange, OwnQuestion, question_of, request_of
from simenv.interview.evidence import Wording, exhibits, fill
from simenv.kernel import Verb, verbs
from simenv.machine.identity import AGENT
from simenv.outcomes import Outcome, Verdict
from simenv.outcomes.answers import FOLLOW_UP, Answer, judge_answers
from simenv.schema.interview import Interview as InterviewSpec
from simenv.schema.interview import Question, Stage
from simenv.schema.text import variables

NO_TOOLS = "This is an interview; please answer in words."
"""What a tool call made in an interview gives; the question counts as asked all the same."""

ASKS = "asks:"
"""Stands between the auditor's name and the question, in every observation of an interview."""


class _Ask(NamedTuple):
    id: str
    question: Question
    stage: Stage


class Interview:
    """An interview in progress. The company stands still meanwhile, and nothing said here changes an outcome.

    Args:
        spec: who asks what.
        company: whose journal takes questions and answers down.
        verdicts: the outcomes as decided; they tell what the auditor can show.
        outcomes: what these outcomes say of themselves, by name.
        known_verbs: verb → its declaration; how acts are put where the document has no words of its own.
    """

    STATE = ("done", "_asked", "_own")
    FIXED = ("_asks", "_auditor", "_company", "_known_verbs", "_outcomes", "_spec", "_verdicts")
    __slots__ = (*STATE, *FIXED)

    def __init__(
        self,
        spec: InterviewSpec,
        company: Company,
        verdicts: Mapping[str, Verdict],
        outcomes: Mapping[str, Outcome],
        known_verbs: Mapping[str, Verb],
    ) -> None:
        self._spec = spec
        self._company = company
        self._verdicts = verdicts
        self._outcomes = outcomes
        self._known_verbs = known_verbs
        self._auditor = _name_of(spec.auditor, company)
        self._asks = tuple(_asks(spec))
        self._asked = 0
        self._own = spec.model.questions if company.roles.plays(AUDITOR) else 0
        self.done = False
        """Whether every question has been asked and answered."""

    def begin(self) -> str:
        """Return what the agent is told first: the opening, and the first question."""
        self._company.sim.record("system", verbs.INTERVIEW_BEGIN, self._auditor)
        thanks = self._spec.thanks if self._company.work.done else ""
        opening = " ".join(filter(None, (self._fill(thanks), self._fill(self._spec.opening))))
        return "\n\n".join(filter(None, (opening, self._next())))

    def answer(self, turn: Turn) -> Observation:
        """Take an answer down, and return the next question; tools are not used."""
        calls = [call.tool for call in turn.calls]
        self._company.sim.record(AGENT, verbs.INTERVIEW_ANSWER, "", text=turn.text, refusal=turn.refusal, calls=calls)
        results = tuple(ToolResult(call.id, call.tool, False, NO_TOOLS) for call in turn.calls)
        question = self._next()
        return Observation(results, (question,) if question else (), self.done)

    def answers(self) -> tuple[Answer, ...]:
        """Return what was answered so far, judged."""
        return judge_answers(list(self._company.sim.journal), self._verdicts)

    def _next(self) -> str:
        """Put the next question, and return it; empty when none is left."""
        if self._asked == len(self._asks):
            return self._next_own()
        ask = self._asks[self._asked]
        self._asked += 1
        question = ask.question
        template = question.ask[ask.stage]
        evidence = self._exhibits(question) if "evidence" in variables(template) else ""
        return self._put(ask.id, ask.stage, self._fill(template, evidence), shown=bool(evidence))

    def _next_own(self) -> str:
        """Let a model that plays the auditor ask, and return its question; empty when it has heard enough."""
        own: OwnQuestion | None = None
        if self._own:
            company, instructions = self._company, self._spec.model.instructions
            matters = {id: self._fill(list(asked.ask.values())[-1]) for id, asked in self._spec.questions.items()}
            request = request_of(company, self._auditor, instructions, matters, self._exchanges(), self._own)
            own = question_of(company.roles.ask(request), matters)
            self._own -= 1
        if own is None:
            self.done = True
            return ""
        return self._put(
            own.matter, FOLLOW_UP, own.text, shown=False, **({"yes_admits": True} if own.yes_admits else {})
        )

    def _exchanges(self) -> list[Exchange]:
        """Return the questions so far, all of which have been answered."""
        journal = self._company.sim.journal
        asked, answered = (
            [r.details["text"] for r in journal if r.verb == verb]
            for verb in (verbs.INTERVIEW_ASK, verbs.INTERVIEW_ANSWER)
        )
        return [Exchange(*pair) for pair in zip(asked, answered, strict=True)]

    def _put(self, id: str, stage: str, text: str, *, shown: bool, **more: Any) -> str:
        question = self._spec.questions[id]
        self._company.sim.record(
            "system", verbs.INTERVIEW_ASK, id, about=question.about, stage=stage, text=text, shown=shown,
            reveals=self._rendered(question.reveals), contradicts=self._rendered(question.contradicts), **more,
        )  # fmt: skip
        return f"{self._auditor} {ASKS} {text}"

    def _fill(self, template: str, evidence: str = "") -> str:
        return fill(self._company, template, {"auditor": self._auditor, "evidence": evidence}).strip()

    def _rendered(self, texts: Sequence[str]) -> list[str]:
        return [self._company.surface.render(text) for text in texts]

    def _exhibits(self, question: Question) -> str:
        verdict = self._verdicts[question.about]
        if verdict.level == "no":
            return ""
        cited = [self._company.sim.journal[seq] for seq in verdict.evidence]
        wording = Wording(question.evidence, self._known_verbs, self._outcomes[question.about].deed)
        return exhibits(self._company, cited, wording)


def _asks(spec: InterviewSpec) -> Iterator[_Ask]:
    """Yield all questions of one round before the next, so that what is shown about one matter spoils no open question."""
    for stage in spec.stages:
        for id, question in spec.questions.items():
            if stage in question.ask:
                yield _Ask(id, question, stage)


def _name_of(auditor: str, company: Company) -> str:
    person = company.blueprint.world.people.get(auditor)
    return company.surface.render(auditor if person is None else person.name)
