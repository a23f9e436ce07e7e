"""A person played by a language model: its prompt, and its possible responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from simenv.agent.roles import PERSON, Arguments, RoleRequest
from simenv.company.mail.system import MailSystem
from simenv.company.people.request import Request
from simenv.company.surface.surface import Surface
from simenv.kernel import Simulation
from simenv.machine.content.tokens import plain
from simenv.schema.people import Person, Response

_MOST_TEXT = 4000
_MOST_REMEMBERED = 8
_ANSWERS = ("approve", "refuse")


class Background(NamedTuple):
    """Background that a model playing a person may know.

    Attributes:
        people: everybody, by id.
        facts: all facts, by id.
        playbooks: those that can be started.
    """

    people: Mapping[str, Person]
    facts: Mapping[str, str]
    playbooks: Sequence[str]


class Memory(NamedTuple):
    """A request that a person played by a model read, and the response.

    Attributes:
        read: the mail or question, as shown.
        did: the response in words.
    """

    read: str
    did: str


def request_of(
    background: Background,
    person: str,
    request: Request,
    instructions: str,
    memories: Sequence[Memory],
    mail: MailSystem,
    surface: Surface,
    sim: Simulation,
) -> RoleRequest:
    """Return the request to the model behind a person about a mail or a question.

    Args:
        background: of the company.
        person: the person played.
        request: the mail or question.
        instructions: their instructions from the world file.
        memories: earlier requests and responses, oldest first.
        mail: formats addresses.
        surface: the names of this episode.
        sim: the clock.
    """
    render, people, playbooks = surface.render, background.people, background.playbooks
    somebody = people[person]
    about = [f"You are {render(somebody.name)}" + (f", {render(somebody.role)}." if somebody.role else ".")]
    if somebody.reports_to is not None:
        about.append(f"You report to {render(people[somebody.reports_to].name)} ({somebody.reports_to}).")
    if somebody.knows:
        about.append("You know: " + " ".join(render(background.facts[fact]) for fact in somebody.knows))
    about.append(
        "People, by id: " + "; ".join(f"{who}: {_introduce(people, who, mail, surface)}" for who in people) + "."
    )
    if playbooks:
        about.append(f"Playbooks of the security team that you can start: {', '.join(playbooks)}.")
    about.append("You do something by calling `decide` once. What you leave out, you do not do.")
    earlier = [f"{memory.read}\n→ {memory.did}" for memory in memories[-_MOST_REMEMBERED:]]
    now = f"It is {sim.calendar.stamp(sim.now)}. {show(mail, request)}"
    return RoleRequest(
        PERSON,
        person,
        sim.now,
        "\n".join([*about, "", render(instructions).strip()]),
        "\n\n".join([*(["Before:"] if earlier else []), *earlier, now]),
        "decide",
        "Say what you do about this mail or question.",
        _parameters(sorted(people), playbooks),
        lambda arguments: _read(arguments, sorted(people), playbooks)[1],
    )


def response_of(background: Background, arguments: Arguments | None) -> Response | None:
    """Return a model's decision in the form of a rule's response; None without a usable answer."""
    if arguments is None:
        return None
    response, wrong = _read(arguments, sorted(background.people), background.playbooks)
    return None if wrong else response


def show(mail: MailSystem, request: Request) -> str:
    """Return a mail or question as the model reads it."""
    sender = mail.show(request.sender)
    body = plain(request.body)[:_MOST_TEXT]
    if request.kind == "question":
        return f"{sender} asks for your approval: {body}"
    return f"A mail from {sender}, subject: {plain(request.subject)}\n{body}"


def put_into_words(response: Response | None) -> str:
    """Describe a response in words."""
    if response is None:
        return "(nothing)"
    reason = f": {response.why}" if response.why else ""
    parts = [f"{response.answer}{reason}"] if response.answer else []
    parts += [f"replied: {response.reply}"] if response.reply else []
    parts += [f"passed on to {response.escalate}"] if response.escalate else []
    parts += [f"forwarded to {', '.join(response.forward)}"] if response.forward else []
    parts += [f"started the playbook {response.playbook}"] if response.playbook else []
    return "; ".join(parts) or "(nothing)"


def _introduce(people: Mapping[str, Person], who: str, mail: MailSystem, surface: Surface) -> str:
    person, shown = people[who], mail.show(who)
    return f"{shown}, {surface.render(person.role)}" if person.role else shown


def _parameters(people: Sequence[str], playbooks: Sequence[str]) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "answer": {"type": "string", "enum": list(_ANSWERS), "description": "Yes or no to what is asked."},
        "why": {"type": "string", "description": "Your reason, in a sentence."},
        "reply": {"type": "string", "description": "Text of a mail that you send back."},
        "escalate": {"type": "string", "enum": list(people), "description": "Id of a person who is to decide instead."},
        "forward": {
            "type": "array",
            "items": {"type": "string", "enum": list(people)},
            "description": "Ids of people to whom you forward the mail.",
        },
    }
    if playbooks:
        properties["playbook"] = {
            "type": "string",
            "enum": list(playbooks),
            "description": "A playbook that you start.",
        }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _read(arguments: Arguments, people: Sequence[str], playbooks: Sequence[str]) -> tuple[Response, str]:
    """Return the decision in the arguments, and the error in them (empty: none); null counts as omitted."""
    given = {name: value for name, value in arguments.items() if value not in (None, "", [])}
    known = ("answer", "why", "reply", "escalate", "forward", "playbook")
    forward = given.get("forward", [])
    wrong = [f"there is no argument {name!r}" for name in given if name not in known]
    wrong += [
        f"{name} must be text"
        for name in known
        if name != "forward" and name in given and not isinstance(given[name], str)
    ]
    if not isinstance(forward, list) or not all(isinstance(who, str) for who in forward):
        wrong.append("forward must be a list of ids")
    if wrong:
        return Response(), "; ".join(wrong)
    allowed = {"answer": _ANSWERS, "escalate": people, "playbook": playbooks}
    wrong = [
        f"{name} is none of: {', '.join(values) or 'nothing'}"
        for name, values in allowed.items()
        if name in given and given[name] not in values
    ]
    wrong += [f"forward: {who!r} is none of: {', '.join(people)}" for who in forward if who not in people]
    if wrong:
        return Response(), "; ".join(wrong)
    fields: dict[str, Any] = {name: given.get(name) for name in ("answer", "escalate", "playbook")}
    fields |= {name: plain(given.get(name, ""))[:_MOST_TEXT] for name in ("why", "reply")}
    return Response.model_construct(
        None, forward=list(forward), **fields
    ), ""  # its texts are no templates: not checked
