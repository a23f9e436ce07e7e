"""People at work: they read their mail, answer, escalate, approve or refuse, when they are there and by their policy."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import networkx as nx
import simpy

from simenv.agent.roles import PERSON
from simenv.company.mail.system import MailPlan, Message
from simenv.company.people.hours import WorkingHours, working_hours
from simenv.company.people.model import Memory, act_of, put_into_words, request_of, show
from simenv.kernel import Delays
from simenv.kernel.chance import draw_delay
from simenv.schema.people import Policy, Response, When
from simenv.schema.world import World

if TYPE_CHECKING:
    from simenv.company.company import Company

    Relations: TypeAlias = nx.DiGraph[str]
else:
    Relations = nx.DiGraph

MODEL = "model"
"""In place of a rule's name: a language model decided."""

_READING_S = 1.0
"""Nobody answers in less: two people whose rules answer each other must not stop the clock."""


class Question(NamedTuple):
    """What somebody is asked.

    Attributes:
        kind: e.g. ``gate``, ``shutdown``; what rules match as its subject.
        asker: the principal who asks.
        text: the question in words.
    """

    kind: str
    asker: str
    text: str


class Answer(NamedTuple):
    """What somebody answered.

    Attributes:
        yes: whether they approve.
        why: their reason, a sentence or nothing.
        person: who answered: who was asked, or whoever it was escalated to.
    """

    yes: bool
    why: str = ""
    person: str = ""


class Request(NamedTuple):
    """A mail or a question, as a policy sees it.

    Attributes:
        kind: ``mail`` or ``question``.
        sender: who wrote or asks.
        subject: subject line; the kind of a question.
        body: text.
        at_work: whether the person was at work when it arrived.
        name: by which records refer to it.
    """

    kind: str
    sender: str
    subject: str
    body: str
    at_work: bool
    name: str


PolicyFunction: TypeAlias = "Callable[[Company, str, Request], Response]"
"""A policy in Python: gets the company, the person's id and the matter, and returns what the person does about it."""


class People:
    """Everybody in and around the company, in one episode."""

    __slots__ = ("_company", "_concerns", "_functions", "_hours", "_memories", "_people", "relations")

    def __init__(self, company: Company) -> None:
        blueprint = company.blueprint
        plan = blueprint.people[company.roles.plays(PERSON)]
        self._company = company
        self._people = blueprint.world.people
        self._functions = blueprint.policies
        self._concerns = plan.concerns
        self._hours: dict[str, WorkingHours | None] = {}
        self._memories: dict[str, list[Memory]] = {}
        self.relations: Relations = plan.relations
        """Who reports to whom and who knows what: edges with `kind` ``reports_to`` or ``knows``; frozen."""
        if plan.concerns:
            company.mail.on_delivery = self._receive
            for who, number in plan.waiting:
                company.sim.process(self._answer_mail(who, number))

    # -- when ----------------------------------------------------------------------------------------------------

    def hours(self, person: str) -> WorkingHours | None:
        """Return somebody's working hours; None if they are always at work. Raises KeyError if there is no such person."""
        if person not in self._hours:
            self._hours[person] = working_hours(self._people[person], self._company.sim.calendar)
        return self._hours[person]

    def at_work(self, person: str, time: float) -> bool:
        """Return whether somebody is at work at a time, in simulated seconds."""
        hours = self.hours(person)
        return hours is None or hours.at_work(time)

    def next_at_work(self, person: str, time: float) -> float:
        """Return when, from a time on, somebody is at work."""
        hours = self.hours(person)
        return time if hours is None else hours.next(time)

    def _come_to_it(self, person: str) -> float:
        """Draw how many seconds from now somebody has read something and answers it."""
        sim, hours = self._company.sim, self.hours(person)
        work_s = max(_READING_S, draw_delay(self._people[person].reply_delay, sim.streams[f"people/{person}"]))
        return work_s if hours is None else hours.after(sim.now, work_s) - sim.now

    # -- questions -----------------------------------------------------------------------------------------------

    def ask(self, person: str, question: Question) -> Delays[Answer]:
        """Ask somebody; takes until they have answered. Journaled: ``person.approve``, ``person.refuse``, ``person.escalate``.

        Raises:
            KeyError: there is no such person.
        """
        asked: list[str] = []
        while True:
            asked.append(person)
            matter = self._matter(question, person)
            yield self._come_to_it(person)
            act, rule = self._decide(person, matter)
            if act.escalate is None or act.escalate in asked:
                break
            self._record(person, "person.escalate", matter, to=act.escalate, rule=rule)
            person = act.escalate
        yes = act.answer == "approve"
        self._record(person, "person.approve" if yes else "person.refuse", matter, rule=rule, why=act.why)
        return Answer(yes, act.why, person)

    def _matter(self, question: Question, person: str) -> Request:
        kind, asker, text = question
        return Request("question", asker, kind, text, self.at_work(person, self._company.sim.now), kind)

    # -- mail ----------------------------------------------------------------------------------------------------

    def _receive(self, person: str, message: Message, number: int) -> None:
        """Begin to read a mail that somebody's policy is about; what else they read leaves no trace."""
        if person in self._concerns and _is_among(message.sender, self._concerns[person]):
            self._company.sim.process(self._answer_mail(person, number))

    def _answer_mail(self, person: str, number: int) -> Generator[simpy.Event, Any, None]:
        """Read a mail of somebody's inbox in their working time, and do about it what their policy says."""
        company, sim = self._company, self._company.sim
        there = self.at_work(person, sim.now)
        yield sim.timeout(self._come_to_it(person))
        mail = company.mail
        message = mail.read(person, number)
        matter = Request("mail", message.sender, mail.subject(message), mail.body(message), there, message.key)
        act, rule = self._decide(person, matter)
        self._record(person, "person.read", matter, rule=rule)
        if rule:
            self._do(person, matter, act, rule)

    def _do(self, person: str, matter: Request, act: Response, rule: str) -> None:
        mail = self._company.mail
        if act.answer is not None:
            verb = "person.approve" if act.answer == "approve" else "person.refuse"
            self._record(person, verb, matter, rule=rule, why=act.why)
        if act.reply:
            self._record(person, "person.reply", matter, rule=rule, to=matter.sender)
            mail.send(person, [matter.sender], f"Re: {matter.subject}", act.reply)
        for verb, receivers in (
            ("person.escalate", [act.escalate] if act.escalate else []),
            ("person.forward", act.forward),
        ):
            if receivers:
                self._record(person, verb, matter, rule=rule, to=list(receivers))
                mail.send(person, receivers, f"Fwd: {matter.subject}", matter.body)
        if act.playbook is not None and self._company.oversight is not None:
            self._company.oversight.carry_out(act.playbook, person, {"why": rule})

    # -- policies ------------------------------------------------------------------------------------------------

    def _decide(self, person: str, matter: Request) -> tuple[Response, str]:
        """Return what somebody does, with its texts filled, and which rule says so (empty: none fits)."""
        policy = self._people[person].policy or Policy()
        if policy.model is not None and self._company.roles.plays(PERSON):
            return self._ask_model(person, matter, policy.model.instructions), MODEL
        act, name = self._apply_rules(person, matter, policy)
        render = self._company.surface.render
        return act.model_copy(update={"why": render(act.why), "reply": render(act.reply)}), name

    def _apply_rules(self, person: str, matter: Request, policy: Policy) -> tuple[Response, str]:
        for name, rule in policy.rules.items():
            if _fits(rule.when, matter):
                return rule.do, name
        if policy.python:
            return self._functions[policy.python](self._company, person, matter), policy.python
        return policy.otherwise, ""

    def _ask_model(self, person: str, matter: Request, instructions: str) -> Response:
        company = self._company
        memories = self._memories.setdefault(person, [])
        request = request_of(company, person, matter, instructions, memories)
        act = act_of(company, company.roles.ask(request))
        memories.append(Memory(show(company, matter), put_into_words(act)))
        if act is None:
            self._record(person, "person.unsure", matter)
            return Response()
        return act

    def _record(self, person: str, verb: str, matter: Request, **details: Any) -> None:
        self._company.sim.record(person, verb, matter.name, kind=matter.kind, sender=matter.sender, **details)


def _fits(when: When, matter: Request) -> bool:
    return (
        when.kind in ("any", matter.kind)
        and (not when.sender or matter.sender in when.sender)
        and _mentions(when.subject, matter.subject)
        and _mentions(when.body, matter.body)
        and when.at_work in (None, matter.at_work)
    )


def _mentions(words: Sequence[str], text: str) -> bool:
    folded = text.casefold()
    return not words or any(word.casefold() in folded for word in words)


class PeoplePlan(NamedTuple):
    """What is known of people before any episode.

    Attributes:
        relations: who reports to whom and who knows what.
        concerns: person → the senders whose mails their policy may say something about (None: any); others read no mail.
        waiting: (person, number) of mails that are there from the start and that a policy may say something about.
    """

    relations: Relations
    concerns: Mapping[str, frozenset[str] | None]
    waiting: tuple[tuple[str, int], ...]


def plan_people(world: World, mail: MailPlan) -> Mapping[bool, PeoplePlan]:
    """Return what all episodes of a world know of its people, by whether a model plays those whom one can play."""
    relations = _build_relations(world)
    return {by_model: _plan(world, mail, relations, by_model=by_model) for by_model in (False, True)}


def _plan(world: World, mail: MailPlan, relations: Relations, *, by_model: bool) -> PeoplePlan:
    policies = {who: person.policy for who, person in world.people.items() if person.policy is not None}
    concerns = {who: _find_concerns(policy, by_model=by_model) for who, policy in policies.items()}
    concerns = {who: senders for who, senders in concerns.items() if senders is None or senders}
    waiting = tuple(
        (who, number)
        for who, senders in concerns.items()
        for number, message in enumerate(mail.first.get(who, ()), start=1)
        if _is_among(message.sender, senders)
    )
    return PeoplePlan(relations, concerns, waiting)


def _find_concerns(policy: Policy, *, by_model: bool) -> frozenset[str] | None:
    if by_model and policy.model is not None:
        return frozenset(policy.model.reads) or None
    rules = [rule.when for rule in policy.rules.values() if rule.when.kind != "question"]
    if policy.python or any(not when.sender for when in rules):
        return None
    return frozenset(sender for when in rules for sender in when.sender)


def _is_among(sender: str, senders: frozenset[str] | None) -> bool:
    return senders is None or sender in senders


def _build_relations(world: World) -> Relations:
    """Return who reports to whom and who knows what, as a graph: person → superior, and person → fact."""
    graph: Relations = nx.DiGraph()
    graph.add_nodes_from(world.people, kind="person")
    for fact in world.facts:
        graph.add_node(f"fact:{fact}", kind="fact")
    for who, person in world.people.items():
        if person.reports_to is not None:
            graph.add_edge(who, person.reports_to, kind="reports_to")
        for fact in person.knows:
            graph.add_edge(who, f"fact:{fact}", kind="knows")
    nx.freeze(graph)
    return graph
