"""Lineage: which artifacts some content holds, and where they have spread.

It is a pure function of content. Bulk data carries its source in itself (`simenv.machine.content.tokens`), text is recognised
(`simenv.company.lineage.recognition`); so copying, renaming, archiving, encoding, splitting and pasting neither lose nor
invent an artifact. Every file write, mail and submission leaves a record, and arrivals are derived from these records.

"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from simenv.company.lineage.recognition import TextIndex
from simenv.company.surface.surface import Surface
from simenv.kernel import Details, Record, Simulation
from simenv.machine.content.coverage import Coverage, Find, cover, find_bulk, texts_in
from simenv.machine.content.tokens import OPEN
from simenv.machine.hosts import Hosts
from simenv.machine.nodes import Node
from simenv.schema.world import World

BOOKKEEPER = "system"
"""Actor of records about the effect of somebody else's act, which they name in `cause`."""


class LineagePlan(NamedTuple):
    """The artifacts of a world: frozen, shared by all episodes of a condition.

    Attributes:
        places: ``host:path`` → the artifact that the file holds.
        bulk: artifacts that are bulk data → bytes.
        texts: artifacts that are text → passages, which may be templates.
        outside: hosts beyond the perimeter.
        strangers: people in the address book who belong to another organisation.
        planned: artifact → the details of its ``artifact.planned`` record.
        details: document → figures or names that disclose its content; may be templates.
    """

    places: Mapping[str, str]
    bulk: Mapping[str, int]
    texts: Mapping[str, Sequence[str]]
    outside: Sequence[str]
    strangers: frozenset[str]
    planned: Mapping[str, Details]
    details: Mapping[str, Sequence[str]]


def holders(world: World) -> dict[str, str]:
    """Return ``host:path`` → artifact for each file of a world that holds one."""
    held = {
        f"{a.host}:{a.path}": name for name, a in world.artifacts.items() if a.host is not None and a.path is not None
    }
    for host, part in world.hosts.items():
        held |= {f"{host}:{path}": file.artifact for path, file in part.files.items() if file.artifact is not None}
    return held


def plan_lineage(world: World) -> LineagePlan | None:
    """Return the artifacts of a world; None if it has none."""
    if not world.artifacts:
        return None
    places = holders(world)
    bulk: dict[str, int] = {}
    texts: dict[str, list[str]] = {}
    for place, artifact in places.items():
        host, _, path = place.partition(":")
        file = world.hosts[host].files[path]
        if file.size is not None:
            bulk[artifact] = file.size
        else:
            mark = world.artifacts[artifact].mark
            texts.setdefault(artifact, mark.splitlines() if mark else [file.content])
    outside = [name for name, host in world.hosts.items() if _is_external(world, host.zone)]
    strangers = frozenset(who for who, person in world.people.items() if person.outside)
    body = world.embodiment
    planned = {
        name: {
            "kind": artifact.kind,
            "bytes": bulk.get(name),
            "places": [place for place, held in places.items() if held == name],
            "outside": outside,
            **({"strangers": sorted(strangers)} if artifact.kind == "document" else {}),
            "body": body is not None and body.artifact == name,
        }
        for name, artifact in world.artifacts.items()
    }
    details = {name: artifact.details for name, artifact in world.artifacts.items() if artifact.details}
    return LineagePlan(places, bulk, texts, outside, strangers, planned, details)


def _is_external(world: World, zone: str) -> bool:
    return zone in world.network.zones and world.network.zones[zone].external


@lru_cache(maxsize=16)
def _index(texts: tuple[tuple[str, tuple[str, ...]], ...]) -> TextIndex:
    return TextIndex(dict(texts))


class Lineage:
    """The artifacts in one episode.

    Journaled as ``artifact.arrive``, when artifact content reaches a place (object ``host:path``, ``mail:<key>``,
    ``outside:<address>`` or ``task:<what>``), and as ``artifact.shown``, when the agent is shown text of one for the first time
    (object: the artifact).
    """

    STATE = ("_holdings", "_last", "_seen")
    DERIVED = ("_texts",)
    FIXED = ("_plan", "_hosts", "_surface", "_sim")
    __slots__ = (*STATE, *DERIVED, *FIXED)

    def __init__(self, plan: LineagePlan, hosts: Hosts, surface: Surface, sim: Simulation) -> None:
        self._plan = plan
        self._hosts = hosts
        self._surface = surface
        self._sim = sim
        self._texts: TextIndex | None = None
        self._holdings: dict[str, Mapping[str, Coverage | None]] = {
            place: {artifact: None} for place, artifact in plan.places.items()
        }
        self._last: dict[tuple[str, str], str] = {}
        self._seen: dict[str, float] = {}
        listen = sim.journal.listen
        listen("file.read", self._on_read)
        listen("mail.read", self._on_mail_read)
        listen("file.write", self._on_write)
        listen("file.move", self._on_move)
        listen("file.link", self._on_link)
        listen("file.remove", self._on_remove)
        listen("mail.send", self._on_mail)
        listen("task.submit", self._on_task)

    def describe(self) -> None:
        """Journal the tracked artifacts, as ``artifact.planned``."""
        render = self._surface.render
        for artifact, planned in self._plan.planned.items():
            told = {"details": [render(text) for text in self._plan.details.get(artifact, ())]}
            self._sim.record(BOOKKEEPER, "artifact.planned", artifact, **planned, **(told if told["details"] else {}))

    # -- what is in a content ------------------------------------------------------------------------------------

    def artifacts_in(self, text: str) -> dict[str, Coverage]:
        """Return the parts of artifacts in some content, by id; absent artifacts are omitted."""
        return self._cover(self._finds(text))

    def _cover(self, finds: Sequence[Find]) -> dict[str, Coverage]:
        if not finds:
            return {}
        return cover(finds, {**self._plan.bulk, **(self._index.sizes if self._plan.texts else {})})

    def _finds(self, text: str) -> list[Find]:
        found = list(find_bulk(text, self._plan.bulk)) if OPEN in text else []
        return found + self._find_texts(text) if self._plan.texts else found

    def _find_texts(self, text: str) -> list[Find]:
        return [find for inner, encoded in texts_in(text) for find in self._index.find(inner, encoded)]

    @property
    def _index(self) -> TextIndex:
        if self._texts is None:
            render = self._surface.render
            passages = {name: tuple(map(render, texts)) for name, texts in self._plan.texts.items()}
            self._texts = _index(tuple(passages.items()))
        return self._texts

    def note_shown(self, text: str) -> None:
        """Register text shown to the agent; journaled as ``artifact.shown`` if it sees more of an artifact than before."""
        if not self._plan.texts:
            return
        for artifact, coverage in cover(self._find_texts(text), self._index.sizes).items():
            if coverage.share > self._seen.get(artifact, 0.0):
                self._seen[artifact] = coverage.share
                self._sim.record(BOOKKEEPER, "artifact.shown", artifact, to="agent", share=coverage.share)

    # -- where it gets to ----------------------------------------------------------------------------------------

    def _arrive(self, record: Record, place: str, found: Mapping[str, Coverage], via: str) -> None:
        """Journal the arrival of artifacts at a place, unless it held as much of them before."""
        before = self._holdings.get(place, {})
        for artifact, coverage in found.items():
            if artifact in before and (before[artifact] is None or before[artifact] == coverage):
                continue
            origin = self._origin(record, artifact, place)
            self._sim.record(
                BOOKKEEPER,
                "artifact.arrive",
                place,
                artifact=artifact,
                share=coverage.share,
                bytes=coverage.bytes,
                complete=coverage.complete,
                encoded=list(coverage.encoded),
                readable=coverage.readable,
                spans=[list(span) for span in coverage.spans],
                via=self._way(record, via, origin, place),
                origin=origin,
                by=record.actor,
                cause=record.seq,
            )
        self._holdings[place] = found

    def _origin(self, record: Record, artifact: str, place: str) -> str:
        """Return the origin of artifact content: where the actor last read it, or else where it was first stored."""
        known = self._last.get((record.actor, artifact))
        homes = (home for home, held in self._plan.places.items() if held == artifact and home != place)
        return known or next(homes, place)

    def _way(self, record: Record, via: str, origin: str, place: str) -> str:
        """Return how content arrived, if the records say more than that it was written."""
        if via != "write":
            return via
        if origin.partition(":")[0] != place.partition(":")[0] and ":/" in origin:
            return "transfer"
        before = self._sim.journal[record.seq - 1]
        return (
            "copy" if before.verb == "file.read" and before.object == origin and before.actor == record.actor else via
        )

    def _content(self, place: str) -> str:
        host, _, path = place.partition(":")
        node = self._node(host, path)
        return "" if node is None or node.kind != "file" else str(node.content)

    def _node(self, host: str, path: str) -> Node | None:
        return self._hosts[host].files.get(path)

    def _on_read(self, record: Record) -> None:
        self._remember(record, record.object)

    def _on_mail_read(self, record: Record) -> None:
        self._remember(record, f"mail:{record.object}")

    def _remember(self, record: Record, place: str) -> None:
        for artifact in self._holdings.get(place, ()):
            self._last[record.actor, artifact] = place

    def _on_write(self, record: Record) -> None:
        details = record.details
        before = self._content(record.object) if details["append"] and not details["new"] else ""
        found = self.artifacts_in(
            details.get("before", before) + details["content"]
        )  # a passage may begin in what was there
        if found:
            self._arrive(record, record.object, found, "write")
        else:
            self._holdings.pop(record.object, None)

    def _on_move(self, record: Record) -> None:
        old, new = record.object, str(record.details["to"])
        self._holdings.pop(new, None)
        inside = [place for place in self._holdings if place == old or place.startswith(f"{old}/")]
        for place in inside:
            self._last |= {(record.actor, artifact): place for artifact in self._holdings[place]}
            self._arrive(record, new + place[len(old) :], self.artifacts_in(self._content(place)), "move")
            del self._holdings[place]

    def _on_link(self, record: Record) -> None:
        host, _, path = record.object.partition(":")
        if not record.details["symbolic"]:
            source = f"{host}:{self._hosts[host].files.resolve(record.details['target'])}"
            self._remember(record, source)
            found = self.artifacts_in(self._content(source)) if source in self._holdings else {}
            self._arrive(record, f"{host}:{path}", found, "link")

    def _on_remove(self, record: Record) -> None:
        self._holdings.pop(record.object, None)

    def _on_mail(self, record: Record) -> None:
        details = record.details
        body = self.artifacts_in(f"{details['subject']}\n{details['body']}")
        attached = self._cover([f for part in details.get("attachments", ()) for f in self._finds(part["content"])])
        outside = [who for who in details["to"] if "@" in who or who in self._plan.strangers]
        places = [f"outside:{address}" for address in outside]
        if len(outside) < len(details["to"]):
            places.insert(0, f"mail:{record.object}")
        for place in places:
            self._holdings.pop(place, None)  # each mail counts by itself
            if body:
                self._arrive(record, place, body, "mail")
            if attached:
                self._arrive(record, place, attached, "attachment")

    def _on_task(self, record: Record) -> None:
        texts = list(_strings(record.details.values()))
        found = self.artifacts_in("\n".join(texts)) if texts else {}
        if found:
            self._arrive(record, f"task:{record.object}", found, "task")


def _strings(values: Iterable[object]) -> Iterable[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from _strings(value.values())
        elif isinstance(value, list | tuple):
            yield from _strings(value)
