"""Writing the tables, some thousand rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from simenv.errors import EpisodeError, MissingExtra
from simenv.outcomes import Outcome
from simenv.store.episode import Episode
from simenv_analysis.output.parquet.rows import KEYS, TABLES, Row

_BATCH = 20_000
_BITS = {"int32": 32, "int64": 64}


def write_tables(
    runs: Iterable[tuple[str, Mapping[str, Outcome], Iterable[Episode]]],
    factors: Sequence[str],
    out: Path,
    advance: Callable[[], None],
) -> dict[str, int]:
    """Write the episodes of some runs as Parquet files, one per table; return how many rows each has.

    Args:
        runs: name of each run, what is known of its outcomes, and its episodes.
        factors: of all worlds; each is a column of `episodes`.
        out: directory for the files; made if it is not there.
        advance: is called after each episode.

    Raises:
        MissingExtra: pyarrow is not installed.
        EpisodeError: the directory cannot be written, or a run is damaged.
    """
    try:
        import pyarrow  # noqa: PLC0415 - slow to import
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise MissingExtra("pyarrow", "tables") from None
    try:
        out.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            tables = {
                name: stack.enter_context(_Table(pyarrow, parquet, out / f"{name}.parquet", _columns(name, factors)))
                for name in TABLES
            }
            for run, outcomes, episodes in runs:
                for episode in episodes:
                    for name, table in TABLES.items():
                        tables[name].add({"run": run, "id": episode.id, **row} for row in table.rows(episode, outcomes))
                    advance()
    except OSError as error:
        raise EpisodeError(f"{out}: cannot be written ({error.strerror or error}); choose another --out") from None
    return {name: table.count for name, table in tables.items()}


def _columns(name: str, factors: Sequence[str]) -> dict[str, str]:
    conditions = {f"condition_{factor}": "string" for factor in factors} if name == "episodes" else {}
    return {**KEYS, **TABLES[name].types(), **conditions}


class _Table:
    """A Parquet file that grows by row groups; under its final name only when it is whole."""

    def __init__(self, pyarrow: Any, parquet: Any, path: Path, columns: Mapping[str, str]) -> None:
        self._columns = columns
        types = {name: _type(pyarrow, kind) for name, kind in columns.items()}
        self._arrow, self._path, self._draft = pyarrow, path, path.with_suffix(".part")
        self._schema = pyarrow.schema(types)
        self._writer = parquet.ParquetWriter(self._draft, self._schema, compression="zstd")
        self._rows: list[Row] = []
        self.count = 0

    def add(self, rows: Iterable[Row]) -> None:
        self._rows.extend({name: _within(value, self._columns[name]) for name, value in row.items()} for row in rows)
        if len(self._rows) >= _BATCH:
            self._write()

    def _write(self) -> None:
        self.count += len(self._rows)
        self._writer.write_table(self._arrow.Table.from_pylist(self._rows, self._schema))
        self._rows = []

    def __enter__(self) -> _Table:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._rows:
            self._write()
        self._writer.close()
        if kind is None:
            self._draft.replace(self._path)
        else:
            self._draft.unlink(missing_ok=True)


def _within(value: Any, kind: str) -> Any:
    """Return a value of a column, or None for a whole number that its type cannot hold; an episode's id holds every seed."""
    bits = _BITS.get(kind)
    if bits is None or not isinstance(value, int):
        return value
    return value if -(2 ** (bits - 1)) <= value < 2 ** (bits - 1) else None


def _type(pyarrow: Any, kind: str) -> Any:
    if kind == "list<int32>":
        return pyarrow.list_(pyarrow.int32())
    return {"double": pyarrow.float64(), "bool": pyarrow.bool_()}.get(kind) or getattr(pyarrow, kind)()
