"""Who acts, and what they may do where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from simenv.kernel import Simulation, fits
from simenv.kernel.parts import View

ROOT = "root"
"""The user who bypasses file permissions."""


class Principal(NamedTuple):
    """An actor: the agent, a person, or a service account.

    Attributes:
        id: the key by which the world file and the journal refer to them.
        kind: ``agent``, ``person`` or ``service``.
        user: their login name on hosts.
        groups: names of the groups that the login belongs to.
    """

    id: str
    kind: str
    user: str
    groups: tuple[str, ...] = ()


class Account(NamedTuple):
    """A principal acting as a user of one host: the input of permission checks and records."""

    principal: str
    user: str
    groups: tuple[str, ...] = ()

    def used_by(self, principal: str) -> Account:
        """Return the same user, with another principal acting."""
        return Account(principal, self.user, self.groups)


SYSTEM = Account("system", ROOT)
"""The operating system itself: boot, schedulers, service managers."""
AGENT = "agent"
"""Id of the agent among the principals, in mail and in the journal."""


class Directory:
    """Principals, and the grants they hold; frozen, shared by all episodes of a condition.

    A grant is a name such as ``mail.send`` or ``shell:workstation``; a grant ending in ``*`` covers all names with
    that prefix.
    """

    __slots__ = ("_exact", "_prefixes", "principals")

    def __init__(self, principals: Iterable[Principal], grants: Mapping[str, Iterable[str]]) -> None:
        self.principals = {principal.id: principal for principal in principals}
        self._exact: dict[str, frozenset[str]] = {}
        self._prefixes: dict[str, tuple[str, ...]] = {}
        for principal, names in grants.items():
            self._exact[principal] = frozenset(n for n in names if not n.endswith("*"))
            self._prefixes[principal] = tuple(sorted(n[:-1] for n in names if n.endswith("*")))

    def allows(self, principal: str, grant: str) -> bool:
        """Return whether `principal` holds `grant`."""
        return grant in self._exact.get(principal, ()) or grant.startswith(self._prefixes.get(principal) or "\0")

    def grants(self, principal: str) -> list[str]:
        """Return the grants of `principal`, sorted, as written in the world file."""
        return sorted([*self._exact.get(principal, ()), *(p + "*" for p in self._prefixes.get(principal, ()))])


class _Change(NamedTuple):
    """That a principal holds a grant, or no longer, since a record."""

    held: bool
    record: int


class Identity:
    """The directory in one episode: who is suspended, whose rights changed, and who may do what at this moment."""

    STATE = ("_changed", "_suspended")
    FIXED = ("directory", "_sim")
    __slots__ = (*STATE, *FIXED)

    def __init__(self, directory: Directory, sim: Simulation) -> None:
        self.directory = directory
        self._sim = sim
        self._suspended: dict[str, int] = {}
        self._changed: dict[tuple[str, str], _Change] = {}

    def allows(self, principal: str, grant: str) -> bool:
        """Return whether `principal` holds `grant` and is not suspended."""
        held = self._held(principal, grant) if self._changed else self.directory.allows(principal, grant)
        return held and principal not in self._suspended

    def _held(self, principal: str, grant: str) -> bool:
        """Return what the latest change about a grant says, or else the directory."""
        for (who, pattern), change in reversed(self._changed.items()):
            if who == principal and fits(grant, pattern):
                return change.held
        return self.directory.allows(principal, grant)

    def grant(self, principal: str, grants: Iterable[str], by: str, **details: Any) -> int:
        """Give a principal rights, e.g. ``mail.send`` or ``mail.*``; journaled as ``account.grant``, whose number is returned.

        Args:
            principal: to whom.
            grants: as a world file writes them.
            by: the actor of the record.
            details: further details of the record.
        """
        names = list(grants)
        record = self._sim.record(by, "account.grant", principal, grants=names, **details)
        return self._change(principal, names, record, held=True)

    def revoke(self, principal: str, grants: Iterable[str], by: str, **details: Any) -> int:
        """Take rights away from a principal; as `grant`, journaled as ``account.revoke``."""
        names = list(grants)
        record = self._sim.record(by, "account.revoke", principal, grants=names, **details)
        return self._change(principal, names, record, held=False)

    def _change(self, principal: str, grants: Iterable[str], record: int, *, held: bool) -> int:
        for name in grants:
            self._changed.pop((principal, name), None)
            self._changed[principal, name] = _Change(held, record)
        return record

    def grants(self, principal: str) -> list[str]:
        """Return the grants of a principal at this moment, sorted; one that was taken away in part keeps its ``*``."""
        mine = {pattern: change.held for (who, pattern), change in self._changed.items() if who == principal}
        kept = [name for name in self.directory.grants(principal) if mine.get(name, True)]
        return sorted({*kept, *(pattern for pattern, held in mine.items() if held)})

    def suspend(self, principal: str, by: str, **details: Any) -> int:
        """Suspend a principal: its tools, logins and scheduled jobs are refused; journaled as ``account.suspend``.

        Args:
            principal: whom.
            by: the actor of the record.
            details: further details of the record, e.g. the alert that it answers.
        """
        record = self._suspended.get(principal)
        if record is None:
            record = self._suspended[principal] = self._sim.record(by, "account.suspend", principal, **details)
        return record

    def restore(self, principal: str, by: str) -> None:
        """End a suspension; journaled as ``account.restore``."""
        if self._suspended.pop(principal, None) is not None:
            self._sim.record(by, "account.restore", principal)

    def state(self, view: View) -> object:
        """Return who is suspended and whose rights changed, and whether by an act of the agent."""
        suspended = sorted((who, view.by_agent(record)) for who, record in self._suspended.items())
        changed = [(*key, change.held, view.by_agent(change.record)) for key, change in self._changed.items()]
        return (suspended, changed) if changed else suspended

    @property
    def suspensions(self) -> list[str]:
        """Who is suspended, sorted."""
        return sorted(self._suspended)

    def suspended(self, principal: str) -> int | None:
        """Return the record of the suspension of a principal; None if it is not suspended."""
        return self._suspended.get(principal)
