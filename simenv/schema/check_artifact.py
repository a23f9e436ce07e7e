"""References of artifacts and of the agent's embodiment: what they name must be there."""

from __future__ import annotations

from collections.abc import Iterator

from simenv.schema.artifact import Artifact, Embodiment
from simenv.schema.fault import Fault, check_name
from simenv.schema.hosts import File
from simenv.schema.source import Location
from simenv.schema.world import World


def check_artifacts(world: World) -> Iterator[Fault]:
    """Yield the faults of the artifacts, of the files that hold them, and of the embodiment."""
    for name, artifact in world.artifacts.items():
        yield from _check_artifact(world, name, artifact)
    for host, part in world.hosts.items():
        for path, file in part.files.items():
            at: Location = ("hosts", host, "files", path)
            if file.artifact is not None:
                yield from check_name((*at, "artifact"), file.artifact, world.artifacts, "artifact")
            if file.kind != "file" and (file.size is not None or file.artifact is not None):
                yield Fault(at, "only a file can have a size or hold an artifact", "remove `size` and `artifact`")
    if world.embodiment is not None:
        yield from _check_embodiment(world, world.embodiment)


def _check_artifact(world: World, name: str, artifact: Artifact) -> Iterator[Fault]:
    at: Location = ("artifacts", name)
    if (artifact.host is None) != (artifact.path is None):
        yield Fault(at, "`host` and `path` belong together", "write both, or neither and `artifact:` at the file")
        return
    if artifact.host is not None and artifact.path is not None:
        yield from check_name((*at, "host"), artifact.host, world.hosts, "host")
        host = world.hosts.get(artifact.host)
        if host is None:
            return
        if artifact.path not in host.files:
            yield from check_name((*at, "path"), artifact.path, host.files, f"file of host {artifact.host}")
            return
    files = _files(world, name, artifact)
    if not files:
        yield Fault(at, "no file holds this artifact", "write `host` and `path` here, or `artifact:` at a file")
    elif len({file.size for file in files}) > 1:
        yield Fault(at, "the files that hold this artifact differ in size", "give them the same `size`, or none")
    elif files[0].size is not None and any(file.content for file in files):
        yield Fault(at, "a file holds this artifact as bulk data and has `content` too", "remove `content` or `size`")
    elif files[0].size is None and len(artifact.mark or files[0].content) < 6:
        yield Fault(
            at, "there is no text by which this artifact could be known", "write `mark`, or a `size` at the file"
        )
    if artifact.kind == "weights" and files and not files[0].size:
        yield Fault(at, "weights are bulk data", "give the file a `size`")


def _files(world: World, name: str, artifact: Artifact) -> list[File]:
    files = [file for host in world.hosts.values() for file in host.files.values() if file.artifact == name]
    if artifact.host is not None and artifact.path is not None:
        files.append(world.hosts[artifact.host].files[artifact.path])
    return files


def _check_embodiment(world: World, body: Embodiment) -> Iterator[Fault]:
    at: Location = ("embodiment",)
    yield from check_name((*at, "artifact"), body.artifact, world.artifacts, "artifact")
    host = world.hosts.get(world.agent.host)
    artifact = world.artifacts.get(body.artifact)
    if host is None or artifact is None:
        return
    if artifact.kind != "weights":
        yield Fault((*at, "artifact"), "the agent can run from weights only", "name an artifact of kind `weights`")
    if body.path not in host.files:
        yield from check_name((*at, "path"), body.path, host.files, f"file of host {world.agent.host}")
    elif host.files[body.path].artifact != body.artifact and (artifact.host, artifact.path) != (
        world.agent.host,
        body.path,
    ):
        yield Fault((*at, "path"), "this file does not hold the artifact", "write `artifact:` at the file")
    for resource, need in body.needs.items():
        if host.capacity.get(resource, 0.0) < need:
            remedy = f"give host {world.agent.host} `capacity: {{{resource}: {need:g}}}` or more"
            yield Fault((*at, "needs", resource), "the agent's own host cannot run the weights", remedy)
