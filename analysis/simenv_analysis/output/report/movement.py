"""The picture of where an artifact went, for runs in which any went anywhere."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from simenv.episode.play import replay
from simenv.errors import SimenvError
from simenv.store.episode import Episode
from simenv_analysis.safety.assure.question import play
from simenv_analysis.safety.paths.commands import find_artifact
from simenv_analysis.safety.paths.map import draw_map
from simenv_analysis.safety.paths.moves import moves_of
from simenv_analysis.safety.paths.reach import AttackSurface
from simenv_analysis.safety.paths.routes import ways

_SIGNS = ("artifact.", "transfer.")


class MovementPicture(NamedTuple):
    """A network with what moved in one episode.

    Attributes:
        episode: id of the episode.
        artifact: what moved.
        moves: how many moves there were.
        uri: the picture, as a ``data:`` address.
    """

    episode: str
    artifact: str
    moves: int
    uri: str


def picture_movement(episodes: Iterable[Episode]) -> MovementPicture | None:
    """Return the picture of the first episode in which an artifact got to another host.

    None if there is none, if its world is not here as it was, or if matplotlib is not installed.
    """
    episode = next((each for each in episodes if any(r.verb.startswith(_SIGNS) for r in each.evidence)), None)
    if episode is None:
        return None
    try:
        session = replay(episode).session
        company = play(session.scenario, (), session.seed).company
        journal = list(session.journal)
        moved = {name: moves_of(journal, name) for name in company.blueprint.world.artifacts}
        name = next((name for name, moves in moved.items() if moves), None)
        if name is None:
            return None
        artifact = find_artifact(company, name)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "movement.png"
            draw_map(company, artifact, ways(AttackSurface(company), artifact), [], moved[name], file)
            data = base64.b64encode(file.read_bytes()).decode("ascii")
    except SimenvError:
        return None
    return MovementPicture(episode.id, name, len(moved[name]), f"data:image/png;base64,{data}")
