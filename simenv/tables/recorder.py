"""Makes one call on the engine, and notes what it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simenv.agent.roles import Roles
from simenv.agent.view import AgentView, AnyText
from simenv.episode.session import Session
from simenv.kernel.journal import fits
from simenv.machine.identity import AGENT
from simenv.tables.below import key_of, slots_below
from simenv.tables.memory import Memory
from simenv.tables.recording import Read, Recording
from simenv.tables.trace import Slot
from simenv.tables.watch import Watch
from simenv.world.catalogue import Entry
from simenv.world.scenario import Scenario

SHOWN = "shown"
"""First step of the slots of what the agent was shown, as far as a computed argument depends on it."""
REFERENCE = 0
"""The seed of the company in which calls are recorded, for all companies."""


class _Recorded(Session):
    """A session whose end by turns or time is its player's affair: a table does not know how much of either is left."""

    __slots__ = ()

    def _check_limits(self) -> None:
        pass

    def _end(self, why: str) -> None:
        self.ended = why


class NotNowError(Exception):
    """The call coincides with something else that happens: the result of both together belongs in no table."""


class Recorder:
    """Records calls of one scenario.

    All companies of a scenario are taken to differ in names alone, so that what a call does is recorded in one of them, that of
    the seed `REFERENCE`. With `exact`, it is recorded in the company where it is made.

    Args:
        scenario: a world under one condition.
        exact: record each company by itself.
    """

    def __init__(self, scenario: Scenario, *, exact: bool = False) -> None:
        self.scenario = scenario
        self.exact = exact
        most = max(1, scenario.world.agent.limits.turns)
        room = {name: plan.disk_bytes - plan.image.bytes for name, plan in scenario.blueprint.hosts.items()}
        self._watch = Watch(exact=exact, most_bytes={name: max(0, free // (2 * most)) for name, free in room.items()})
        self._macros = [(n, e) for n, e in enumerate(scenario.catalogue.entries) if e.macro is not None]
        self.memory = Memory([(n, e.macro[1]) for n, e in self._macros if e.macro is not None])

    def seed(self, seed: int) -> int:
        """Return the seed of the company in which calls of another one are recorded."""
        return seed if self.exact else REFERENCE

    def start_keys(self, seed: int, slots: Sequence[Slot]) -> list[str]:
        """Return what stands for the values of slots when an episode begins."""
        session = self._play(seed, ())
        return [self._key(session, slot) for slot in slots]

    def _play(self, seed: int, actions: Sequence[int]) -> Session:
        """Return a watched episode after some calls."""
        session = Session(self.scenario, seed, Roles())
        entries = self.scenario.catalogue.entries
        for action in actions:
            session.take_entry(entries[action])
        session.__class__ = _Recorded
        self._watch.begin(session.company)
        session._calls._show = self._unnoted(session.show)
        return session

    def _unnoted(self, show: Callable[[AnyText], None]) -> Callable[[AnyText], None]:
        """Return how a text is shown without a note: what follows from its words is worked out afterwards."""
        trace = self._watch.trace

        def show_unnoted(text: AnyText) -> None:
            was_on, trace.on = trace.on, False
            show(text)
            trace.on = was_on

        return show_unnoted

    def _key(self, session: Session, slot: Slot) -> str:
        if slot[0] == SHOWN:
            entry = self.scenario.catalogue.entries[slot[1]]
            return self._computed(entry, session.shown)
        return key_of(self._watch, slot)

    def _computed(self, entry: Entry, shown: AgentView) -> str:
        assert entry.macro is not None, "only computed arguments depend on what was shown"
        return self._watch.canonical.key(entry.macro[1](shown))

    # -- one call ----------------------------------------------------------------------------------------------------

    def record(self, seed: int, actions: Sequence[int], action: int) -> Recording:
        """Make a call after others, and return what it did.

        Args:
            seed: of the episode; see `seed`.
            actions: the calls before it.
            action: the call.

        Raises:
            NotNowError: something that was scheduled happens during the call, or its time is up.
        """
        session = self._play(seed, actions)
        trace, sim = self._watch.trace, session.company.sim
        entry = self.scenario.catalogue.entries[action]
        entry = entry._replace(prepared=entry.call(session.shown))
        before = [(n, self._computed(e, session.shown)) for n, e in self._macros]
        texts, inbox, queue = len(session.shown), _mail_of(session), [event for *_, event in sim._queue]
        changes, used = session.company.mail.changes, self._used(session)
        trace.on = True
        for number, key in before:
            if number == action:
                trace.read((SHOWN, number), key)
        ok = session.take_entry(entry)
        score = session.company.work.score
        mail = _mail_of(session) if session.company.mail.changes != changes else None
        refused, trace.on = trace.refused, False
        pending = [event for *_, event in sim._queue]
        if refused == "runs out of time" or any(event not in pending for event in queue):
            raise NotNowError
        new = session.shown._texts[texts:]
        refused = refused or self._why_not(session, used, new)
        self.memory.take(new)
        if refused:
            return Recording(action, self._reads(), refused, shown=tuple(before))
        writes = self._writes()
        shown = self._shown(session, new, before)
        writes |= {(SHOWN, number): key for number, key in shown.items()}
        due = [time - sim._now for time, _, _, event in sim._queue if event not in queue]
        return Recording(
            action=action,
            reads=self._reads(),
            writes=tuple(writes.items()),
            spends=tuple(self._watch.spends),
            facts=self._facts(new),
            ok=bool(ok),
            ended=session.ended,
            score=float(score),
            inbox=mail if mail != inbox else None,
            shown=tuple(before),
            bears=tuple(shown),
            due=min(due) if due else None,
        )

    def _reads(self) -> tuple[Read, ...]:
        return tuple(Read(slot, key, silent) for slot, (key, silent) in self._watch.trace.reads.items())

    def _used(self, session: Session) -> dict[str, int]:
        return {host.id: host.files.used_bytes for host in session.company.hosts.in_use()}

    def _why_not(self, session: Session, used: dict[str, int], new: Sequence[AnyText]) -> str:
        """Return what else keeps a call out of tables, once it was made."""
        for host in session.company.hosts.in_use():
            if abs(host.files.used_bytes - used[host.id]) > self._watch.most_bytes[host.id]:
                return "writes much"
        unnoted = self._watch.changed_unnoted()
        if unnoted is not None:
            return f"changes {'.'.join(map(str, unnoted))} without a note"
        heard = getattr(session.journal, "_patterns", ())
        if any(fits("agent.learned", pattern) for pattern in heard) and any(self._facts(new)):
            return "somebody watches what the agent learns"
        return ""

    def _facts(self, new: Sequence[AnyText]) -> tuple[int, ...]:
        find = self.scenario.facts.find
        counts = [0] * len(self.scenario.markers)
        for text in new:
            found = find(text) if isinstance(text, str) else {i for part in text.passages() for i in find(part)}
            for index in found:
                counts[index] += 1
        return tuple(counts)

    # -- what it wrote -----------------------------------------------------------------------------------------------

    def _writes(self) -> dict[Slot, str]:
        watch = self._watch
        found: dict[Slot, str] = {}
        for slot in watch.trace.writes:
            old = watch.trace.replaced.get(slot)
            if old is not None:
                found |= {below: "absent" for below, _ in slots_below(watch, old, slot)}
        for slot in list(watch.trace.writes):
            watch.adopt_at(slot)
            found[slot] = key_of(watch, slot)
            found |= dict(slots_below(watch, watch.value_at(slot), slot))
        for slot, (value, key) in watch.opaque.items():
            now = watch.canonical.key(value)
            if now != key:
                found[slot] = now
        return found

    def _shown(self, session: Session, new: Sequence[AnyText], before: Sequence[tuple[int, str]]) -> dict[int, str]:
        """Return the computed arguments that the texts that were shown bear on, as they are afterwards."""
        found: dict[int, str] = {}
        alone, nothing = AgentView(), AgentView()
        for text in new:
            alone.add(text)
        for number, key in before if new else ():
            entry = self.scenario.catalogue.entries[number]
            after = self._computed(entry, session.shown)
            if after != key or self._computed(entry, alone) != self._computed(entry, nothing):
                found[number] = after
        return found


def _mail_of(session: Session) -> tuple[int, int]:
    mail = session.company.mail
    return len(mail.inbox(AGENT)), mail.unread(AGENT)
