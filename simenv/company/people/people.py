"""People at work: they read their mail, answer, escalate, approve or refuse, during their hours and by their policy."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import networkx as nx
import simpy

from simenv.agent.roles import PERSON, Roles
from simenv.company.mail.message import Message
from simenv.company.mail.system import MailPlan, MailSystem
from simenv.company.people.hours import WorkingHours, working_hours
from simenv.company.people.model import Background, Memory, put_into_words, request_of, response_of, show
from simenv.company.people.request import Answer, Question, Request
from simenv.company.surface.surface import Surface
from simenv.kernel import Delays, Simulation
from simenv.kernel.chance import draw_delay
from simenv.machine.identity import Identity
from simenv.schema.people import Policy, Response, When
from simenv.schema.world import World

if TYPE_CHECKING:
    Relations: TypeAlias = nx.DiGraph[str]
else:
    Relations = nx.DiGraph

MODEL = "model"
"""Instead of a rule's name: a language model decided."""

_READING_S = 1.0
"""Minimum reply time: two people whose rules answer each other must not stop the clock."""


Policies: TypeAlias = "Mapping[str, Callable[[str, Request], Response]]"
"""Policies in Python, by name: each takes the person's id and the request, and returns the person's response."""
CarryOut: TypeAlias = Callable[[str, str, Mapping[str, Any]], None]
"""Starts a playbook in somebody's name, with details for its records."""


class People:
    """Everybody in and around the company, in one episode."""

    STATE = ("_memories",)
    DERIVED = ("_hours",)
    FIXED = (
        "relations",
        "_background",
        "_carry_out",
        "_concerns",
        "_identity",
        "_mail",
        "_people",
        "_policies",
        "_roles",
        "_sim",
        "_surface",
    )
    __slots__ = (*STATE, *DERIVED, *FIXED)

    def __init__(
        self,
        plan: PeoplePlan,
        policies: Policies,
        carry_out: CarryOut,
        identity: Identity,
        mail: MailSystem,
        roles: Roles,
        surface: Surface,
        sim: Simulation,
    ) -> None:
        self._background = plan.background
        self._people = plan.background.people
        self._policies = policies
        self._carry_out = carry_out
        self._identity = identity
        self._mail = mail
        self._roles = roles
        self._surface = surface
        self._sim = sim
        self._concerns = plan.concerns
        self._hours: dict[str, WorkingHours | None] = {}
        self._memories: dict[str, list[Memory]] = {}
        self.relations: Relations = plan.relations
        """Who reports to whom and who knows what: edges with `kind` ``reports_to`` or ``knows``; frozen."""
        if plan.concerns:
            mail.on_delivery = self._receive
            for who, number in plan.waiting:
                sim.process(self._answer_mail(who, number))

    # -- when ----------------------------------------------------------------------------------------------------

    def hours(self, person: str) -> WorkingHours | None:
        """Return somebody's working hours; None if they are always at work. Raises KeyError if there is no such person."""
        if person not in self._hours:
            self._hours[person] = working_hours(self._people[person], self._sim.calendar)
        return self._hours[person]

    def at_work(self, person: str, time: float) -> bool:
        """Return whether somebody is at work at a time, in simulated seconds."""
        hours = self.hours(person)
        return hours is None or hours.at_work(time)

    def next_at_work(self, person: str, time: float) -> float:
        """Return the first moment from a time on at which somebody is at work."""
        hours = self.hours(person)
        return time if hours is None else hours.next(time)

    def _come_to_it(self, person: str) -> float:
        """Draw the delay in seconds until somebody has read and answered something."""
        sim, hours = self._sim, self.hours(person)
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
            request = self._as_request(question, person)
            yield self._come_to_it(person)
            response, rule = self._decide(person, request)
            if response.escalate is None or response.escalate in asked:
                break
            self._record(person, "person.escalate", request, to=response.escalate, rule=rule)
            person = response.escalate
        yes = response.answer == "approve"
        self._record(person, "person.approve" if yes else "person.refuse", request, rule=rule, why=response.why)
        return Answer(yes, response.why, person)

    def _as_request(self, question: Question, person: str) -> Request:
        kind, asker, text = question
        return Request("question", asker, kind, text, self.at_work(person, self._sim.now), kind)

    # -- mail ----------------------------------------------------------------------------------------------------

    def _receive(self, person: str, message: Message, number: int) -> None:
        """Start reading a mail covered by somebody's policy; other reading leaves no trace."""
        if person in self._concerns and _is_among(message.sender, self._concerns[person]):
            self._sim.process(self._answer_mail(person, number))

    def _answer_mail(self, person: str, number: int) -> Generator[simpy.Event, Any, None]:
        """Read a mail in somebody's inbox during their working time, and act on it by their policy."""
        sim = self._sim
        there = self.at_work(person, sim.now)
        yield sim.timeout(self._come_to_it(person))
        mail = self._mail
        message = mail.read(person, number)
        request = Request("mail", message.sender, mail.subject(message), mail.body(message), there, message.key)
        response, rule = self._decide(person, request)
        self._record(person, "person.read", request, rule=rule)
        if rule:
            self._do(person, request, response, rule)

    def _do(self, person: str, request: Request, response: Response, rule: str) -> None:
        mail = self._mail
        if response.answer is not None:
            verb = "person.approve" if response.answer == "approve" else "person.refuse"
            self._record(person, verb, request, rule=rule, why=response.why)
        if response.reply:
            self._record(person, "person.reply", request, rule=rule, to=request.sender)
            mail.send(person, [request.sender], f"Re: {request.subject}", response.reply)
        for verb, receivers in (
            ("person.escalate", [response.escalate] if response.escalate else []),
            ("person.forward", response.forward),
        ):
            if receivers:
                self._record(person, verb, request, rule=rule, to=list(receivers))
                mail.send(person, receivers, f"Fwd: {request.subject}", request.body)
        if response.grant:
            self._identity.grant(request.sender, response.grant, person, why=rule)
        if response.revoke:
            self._identity.revoke(request.sender, response.revoke, person, why=rule)
        if response.playbook is not None:
            self._carry_out(response.playbook, person, {"why": rule})

    # -- policies ------------------------------------------------------------------------------------------------

    def _decide(self, person: str, request: Request) -> tuple[Response, str]:
        """Return somebody's response, with rendered texts, and the rule behind it (empty: none matches)."""
        policy = self._people[person].policy or Policy()
        if policy.model is not None and self._roles.plays(PERSON):
            return self._ask_model(person, request, policy.model.instructions), MODEL
        response, name = self._apply_rules(person, request, policy)
        render = self._surface.render
        return response.model_copy(update={"why": render(response.why), "reply": render(response.reply)}), name

    def _apply_rules(self, person: str, request: Request, policy: Policy) -> tuple[Response, str]:
        for name, rule in policy.rules.items():
            if _fits(rule.when, request):
                return rule.do, name
        if policy.python:
            return self._policies[policy.python](person, request), policy.python
        return policy.otherwise, ""

    def _ask_model(self, person: str, request: Request, instructions: str) -> Response:
        memories = self._memories.setdefault(person, [])
        question = request_of(
            self._background, person, request, instructions, memories, self._mail, self._surface, self._sim
        )
        response = response_of(self._background, self._roles.ask(question))
        memories.append(Memory(show(self._mail, request), put_into_words(response)))
        if response is None:
            self._record(person, "person.unsure", request)
            return Response()
        return response

    def _record(self, person: str, verb: str, request: Request, **details: Any) -> None:
        self._sim.record(person, verb, request.name, kind=request.kind, sender=request.sender, **details)


def _fits(when: When, request: Request) -> bool:
    return (
        when.kind in ("any", request.kind)
        and (not when.sender or request.sender in when.sender)
        and _mentions(when.subject, request.subject)
        and _mentions(when.body, request.body)
        and when.at_work in (None, request.at_work)
    )


def _mentions(words: Sequence[str], text: str) -> bool:
    folded = text.casefold()
    return not words or any(word.casefold() in folded for word in words)


class PeoplePlan(NamedTuple):
    """The plan for people, shared by all episodes.

    Attributes:
        relations: who reports to whom and who knows what.
        concerns: person → the senders whose mails their policy may cover (None: any); people without an entry read no mail.
        waiting: (person, number) of mails from the start that a policy may cover.
        background: for models that play people.
    """

    relations: Relations
    concerns: Mapping[str, frozenset[str] | None]
    waiting: tuple[tuple[str, int], ...]
    background: Background


def plan_people(world: World, mail: MailPlan) -> Mapping[bool, PeoplePlan]:
    """Return the plan for a world's people, by whether models play them."""
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
    playbooks = [] if world.oversight.is_empty else sorted(world.oversight.playbooks)
    return PeoplePlan(relations, concerns, waiting, Background(world.people, world.facts, playbooks))


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
