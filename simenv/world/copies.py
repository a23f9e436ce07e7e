"""Copies of worlds, as runs keep them: document, Python, texts and the oversight applied, once per content.

<hash>/<world>/…         the world's folder
<hash>/oversight.yaml    the oversight applied to it, if any
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from simenv.errors import EpisodeError
from simenv.trust import files_of

OVERSIGHT, DOCUMENT = "oversight.yaml", "world.yaml"
_MOST_BYTES = 8_000_000
"""A larger file is no text of a world, unless it is its document."""


def keep_world(where: Path, folder: Path, name: str, oversight: Path | None) -> str:
    """Copy a world, unless the same one is there; return the name of the copy's folder, of 16 hexadecimal digits.

    Args:
        where: the folder of copies, in a run directory.
        folder: the world's folder.
        name: the world's name.
        oversight: file of the oversight applied to it.

    Raises:
        EpisodeError: it cannot be written.
    """
    files = {f"{name}/{file.relative_to(folder).as_posix()}": file for file in _files_of_world(folder, where)}
    files |= {} if oversight is None else {OVERSIGHT: oversight}
    digest = hashlib.sha256()
    for path, file in files.items():
        digest.update(f"{path}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    mark = digest.hexdigest()[:16]
    if not (where / mark).is_dir():
        try:
            _copy(files, where / mark)
        except OSError as error:
            raise EpisodeError(f"{where}: cannot be written ({error.strerror}); choose another --out") from None
    return mark


def _files_of_world(folder: Path, where: Path) -> list[Path]:
    """Return the files of a world, without those of a run that is begun inside its folder."""
    run, home = where.parent.resolve(), folder.resolve()
    inside = run.is_relative_to(home)
    own = [file for file in files_of(folder) if not (inside and file.resolve().is_relative_to(run))]
    return [file for file in own if file.name == DOCUMENT or file.stat().st_size <= _MOST_BYTES]


def _copy(files: dict[str, Path], to: Path) -> None:
    draft = to.with_name(f"{to.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    for path, file in files.items():
        (draft / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, draft / path)
    draft.rename(to)


def world_in(copy: Path) -> Path | None:
    """Return the world's folder in a copy; None if it is not there."""
    return next((file.parent for file in sorted(copy.glob(f"*/{DOCUMENT}"))), None)
