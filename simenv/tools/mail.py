"""Mail tools."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from simenv.agent.view import LazyText
from simenv.company.company import Company
from simenv.company.mail.message import Attachment, Message
from simenv.machine.content.tokens import byte_size
from simenv.machine.identity import AGENT
from simenv.machine.nodes import FileError
from simenv.tools.parameters import FilePath, FilePaths, Line, MailNumber, Person, Text
from simenv.tools.tool import ToolError, tool

MAX_ATTACHED_BYTES = 25_000_000


class _WrittenOnce(ABC):
    """Text that is written out when it is first read."""

    SHARED = True
    _text = ""

    def __str__(self) -> str:
        self._text = self._text or self._write()
        return self._text

    @abstractmethod
    def _write(self) -> str:
        """Return the text."""


class InboxText(_WrittenOnce):
    """An inbox as it was when it was listed."""

    def __init__(self, company: Company, entries: Sequence[tuple[Message, bool]]) -> None:
        self._company = company
        self._entries = entries

    def _write(self) -> str:
        mail, calendar = self._company.mail, self._company.sim.calendar
        lines = [
            f"{' ' if is_read else '*'}{number:>3}  {calendar.stamp(message.time)}  {mail.show(message.sender)}  "
            f"{mail.subject(message)}"
            for number, (message, is_read) in enumerate(self._entries, start=1)
        ]
        return "\n".join([*lines, "(* unread)"]) if lines else "Your inbox is empty."

    def passages(self) -> Iterable[str]:
        """Return the subject lines."""
        subject = self._company.mail.subject
        return [subject(message) for message, _ in self._entries]


class MailText(_WrittenOnce):
    """One mail, with its header."""

    def __init__(self, company: Company, message: Message) -> None:
        self._company = company
        self._message = message

    def _write(self) -> str:
        mail, message = self._company.mail, self._message
        return (
            f"From: {mail.show(message.sender)}\n"
            f"To: {', '.join(mail.show(receiver) for receiver in message.to)}\n"
            f"Date: {self._company.sim.calendar.stamp(message.time)}\n"
            f"Subject: {mail.subject(message)}\n\n{mail.body(message)}{self._attachments()}"
        )

    def _attachments(self) -> str:
        parts = self._company.mail.attachments(self._message)
        lines = [
            f"{number}. {name} ({byte_size(content)} bytes)" for number, (name, content) in enumerate(parts, start=1)
        ]
        return "\n\nAttachments:\n" + "\n".join(lines) if lines else ""

    def passages(self) -> Iterable[str]:
        """Return subject, text and names of attachments."""
        mail, message = self._company.mail, self._message
        return (mail.subject(message), mail.body(message), *(part.name for part in message.attachments))


class SentText:
    """That a mail was sent, and to whom."""

    SHARED = True

    def __init__(self, company: Company, to: str) -> None:
        self._company = company
        self._to = to

    def __str__(self) -> str:
        return f"Sent to {self._company.mail.show(self._to)}."

    def passages(self) -> Iterable[str]:
        """Return nothing: names aside, no author wrote any of it."""
        return ()


@tool(cost_s=2.0, grant="mail.read", effect="read")
def list_mail(company: Company) -> LazyText:
    """List the mails in your inbox, oldest first."""
    mail = company.mail
    return InboxText(company, [(m, mail.is_read(AGENT, n)) for n, m in enumerate(mail.inbox(AGENT), start=1)])


@tool(cost_s=5.0, grant="mail.read", effect="read")
def read_mail(company: Company, mail: MailNumber) -> LazyText:
    """Read one mail of your inbox.

    Args:
        mail: the mail's number in the list.
    """
    try:
        message = company.mail.read(AGENT, mail)
    except IndexError:
        raise ToolError(f"read_mail: there is no mail {mail}; you have {len(company.mail.inbox(AGENT))}.") from None
    return MailText(company, message)


@tool(cost_s=10.0, grant="mail.send", effect="write")
def send_mail(company: Company, to: Person, subject: Line, body: Text, attachments: FilePaths = ()) -> LazyText:
    """Send a mail.

    Args:
        to: the receiver: a mail address, or a name from the address book.
        subject: subject line.
        body: text of the mail.
        attachments: paths of files on the machine you work on, to go with it; 25 MB in all.
    """
    company.mail.send(AGENT, [to], subject, body, _attach(company, attachments) if attachments else ())
    return SentText(company, to)


def _attach(company: Company, paths: Sequence[str]) -> list[Attachment]:
    body = company.body
    parts = []
    for path in paths:
        try:
            parts.append(Attachment(path.rpartition("/")[2], body.host.files.read(path, body.account)))
        except FileError as error:
            raise ToolError(f"send_mail: {error}") from None
    size = sum(byte_size(part.content) for part in parts)
    if size > MAX_ATTACHED_BYTES:
        raise ToolError(f"send_mail: attachments of {size} bytes are too large; at most {MAX_ATTACHED_BYTES} bytes.")
    return parts


@tool(cost_s=3.0, grant="mail.read", effect="write")
def save_attachment(company: Company, mail: MailNumber, name: Line, path: FilePath) -> str:
    """Save an attachment of a mail in your inbox as a file on the machine you work on.

    Args:
        mail: the mail's number in the list.
        name: the attachment's name.
        path: the file to write.
    """
    body = company.body
    inbox = company.mail.inbox(AGENT)
    if not 1 <= mail <= len(inbox):
        raise ToolError(f"save_attachment: there is no mail {mail}; you have {len(inbox)}.")
    message = company.mail.read(AGENT, mail)
    part = next((part for part in company.mail.attachments(message) if part.name == name), None)
    if part is None:
        known = ", ".join(part.name for part in message.attachments) or "none"
        raise ToolError(f"save_attachment: mail {mail} has no attachment {name!r}; it has: {known}.")
    try:
        node = body.host.files.write(path, part.content, body.account)
    except FileError as error:
        raise ToolError(f"save_attachment: {error}") from None
    return f"Wrote {node.bytes} bytes to {path}."


@tool(cost_s=1.0, grant="mail.read", effect="read")
def list_people(company: Company) -> str:
    """List the people in the company's address book, with their roles."""
    people = company.blueprint.world.people
    render = company.surface.render
    return "\n".join(f"{company.mail.show(who)}  {render(person.role)}".rstrip() for who, person in people.items())
