"""What a run has finished: parts beside the output, so that a run that was stopped goes on, and the output itself.

``pairs.parquet.parts/`` holds ``manifest.json`` (what run the parts belong to), one Arrow file for each finished part,
written whole, and the output while it grows. When the output is complete it takes its place, and the folder goes.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from typing import IO, TYPE_CHECKING, Any, Self

from geoprox.bulk.judge import Judged
from geoprox.bulk.packages import load
from geoprox.errors import FormatError, RunError
from geoprox.files import whole

if TYPE_CHECKING:
    import pyarrow as pa

_MANIFEST, _LOCK, _ABOUT = "manifest.json", "lock", b"geoprox"
_GROUP = 1_000_000  # pairs in a row group of the output
_CODED = ("subject_id", "object_id", "tier_m")
# the rest have no order in the file, so their statistics would help no reader
_WITH_STATISTICS = ["subject_id", "distance_m"]


class Store:
    """The folder of parts of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.complete = False

    def finished(self) -> set[int]:
        """Return the numbers of the parts that are complete; one that a loss of power has cut is removed."""
        found = set()
        for path in self.folder.glob("part-*.arrow"):
            try:
                self.about(int(path.stem.removeprefix("part-")))
            except (OSError, load("pyarrow").ArrowException):
                path.unlink()
            else:
                found.add(int(path.stem.removeprefix("part-")))
        return found

    def save(self, number: int, judged: Judged) -> None:
        """Write a part, whole."""
        ipc = load("pyarrow.ipc")
        about = json.dumps({"lost": judged.lost, "tiles": judged.tiles, "pairs": judged.pairs.num_rows})
        table = judged.pairs.replace_schema_metadata({_ABOUT: about})
        with whole(self._path(number)) as path:
            options = ipc.IpcWriteOptions(compression="lz4")
            with ipc.new_file(str(path), table.schema, options=options) as file:
                file.write_table(table)

    def about(self, number: int) -> dict[str, Any]:
        """Return how many rows of a part had no geometry, and which tiles it met."""
        with load("pyarrow").memory_map(str(self._path(number))) as file:
            stored = load("pyarrow.ipc").open_file(file).schema.metadata[_ABOUT]
        about: dict[str, Any] = json.loads(stored)
        return about

    def pairs(self, number: int) -> "pa.Table":
        """Return the pairs of a part."""
        with load("pyarrow").memory_map(str(self._path(number))) as file:
            return load("pyarrow.ipc").open_file(file).read_all().replace_schema_metadata(None)

    def _path(self, number: int) -> Path:
        return self.folder / f"part-{number:06d}.arrow"


class Output:
    """The growing output: parts are added in their order, and few pairs at a time are gathered into row groups."""

    def __init__(self, path: Path, columns: "pa.Schema") -> None:
        self.pairs = 0
        self._columns = columns
        self._waiting: list[pa.Table] = []
        self._writer = load("pyarrow.parquet").ParquetWriter(
            str(path),
            columns,
            compression="snappy",
            use_dictionary=[name for name in columns.names if name in _CODED],
            write_statistics=_WITH_STATISTICS,
        )

    def add(self, pairs: "pa.Table") -> None:
        """Add the pairs of the next part."""
        self.pairs += pairs.num_rows
        if pairs.num_rows:
            self._waiting.append(pairs)
        if sum(table.num_rows for table in self._waiting) >= _GROUP:
            self._write()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        """Write what waits, unless the work has failed, and close the file."""
        if failed is None:
            self._write()
        self._writer.close()

    def _write(self) -> None:
        if self._waiting:
            # a row group has one list of ids, so those of the parts are made one
            table = load("pyarrow").concat_tables(self._waiting).unify_dictionaries().combine_chunks()
            self._writer.write_table(table, row_group_size=_GROUP)
            self._waiting = []


@contextmanager
def opened(out: Path, identity: dict[str, Any], *, restart: bool) -> Iterator[Store]:
    """Give the store of a run, with what an earlier run of the same identity has finished in it.

    Raises
    ------
    FormatError
        The output cannot be written where it is wanted.
    RunError
        Parts of another run lie there, or a run that is still going on writes them.
    """
    folder = out.with_name(out.name + ".parts")
    if out.is_dir():
        message = f"{out} is a folder; give the name of a file"
        raise FormatError(message)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("w")
    except OSError as error:
        message = f"{out} cannot be written ({error.strerror}); name a place where files may be made"
        raise FormatError(message) from error
    with lock:
        _require_alone(lock, folder)
        _claim(folder, identity, restart=restart)
        store = Store(folder)
        yield store
    if store.complete:
        # the lock goes when it is closed, as Windows wants; another run may have taken it by then
        with suppress(OSError):
            (folder / _LOCK).unlink()
            folder.rmdir()


def finish(store: Store, out: Path, grown: Path) -> None:
    """Put the output in its place, and remove the parts."""
    grown.replace(out)
    store.complete = True
    for path in store.folder.iterdir():
        if path.name != _LOCK:
            _remove(path)


def _require_alone(lock: IO[str], folder: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows, where an open file cannot be removed by another run anyway
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        message = f"{folder} is being written by another run; wait for it, or name another output"
        raise RunError(message) from error


def _claim(folder: Path, identity: dict[str, Any], *, restart: bool) -> None:
    """Make the folder that of this run, or raise where it is another's."""
    manifest = folder / _MANIFEST
    # as it reads back from the file: tuples are lists there
    identity = json.loads(json.dumps(identity))
    before = None
    if manifest.exists():
        with suppress(ValueError):
            before = json.loads(manifest.read_text(encoding="utf-8"))
        if before != identity and not restart:
            message = (
                f"{folder} holds parts of another run ({_differences(before, identity)}); "
                "repeat that run to finish it, or begin anew with --restart (restart=True)"
            )
            raise RunError(message)
    elif any(path.name != _LOCK for path in folder.iterdir()):
        message = f"{folder} holds files that are not of geoprox; move them away, or name another output"
        raise RunError(message)
    for path in folder.iterdir():
        stays = path.name == _LOCK or (before == identity and not restart and not path.name.startswith("."))
        if not stays:
            _remove(path)
    with whole(manifest) as part:
        part.write_text(json.dumps(identity, indent=1), encoding="utf-8")


def _remove(path: Path) -> None:
    if path.is_dir():
        rmtree(path)
    else:
        path.unlink()


def _differences(before: Any, now: dict[str, Any]) -> str:  # noqa: ANN401 -- whatever the file held
    """Return in words what differs between two runs."""
    if not isinstance(before, dict):
        return "its manifest cannot be read"
    changed = [key for key in now if before.get(key) != now[key]]
    return ", ".join(f"{key} {before.get(key)}, now {now[key]}" for key in changed)
