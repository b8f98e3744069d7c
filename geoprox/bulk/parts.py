"""Parts: the pieces of files that are read and judged at once, and the sides that they make up."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Protocol, TypeAlias

from geoprox.bulk.packages import load
from geoprox.errors import LayerError

if TYPE_CHECKING:
    import pyarrow as pa

Box: TypeAlias = tuple[float, float, float, float]
# what columns are called once they are read, whatever a file calls them; all but geometry may be missing
GEOMETRY, ID, ACCURACY, ROW = "geometry", "id", "accuracy_m", "row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of one file that are read at once.

    ``number`` counts the parts of a side, ``base`` the rows of the files before this one, ``row`` the rows of the
    file before the part. ``group`` is the row group of a Parquet file, and ``offset`` says how far the part lies
    from where reading begins. ``bounds`` surely hold every geometry (None: not known before reading), and
    ``accuracy_m`` is at least as large as every radius to which a position is known.
    """

    path: str
    source: int
    number: int
    base: int
    row: int
    rows: int
    offset: int
    group: int = -1
    bounds: Box | None = None
    accuracy_m: float = 0.0


class Source(Protocol):
    """A file that can be read by parts."""

    def read(self, parts: Sequence[Part]) -> "Iterator[tuple[Part, pa.Table]]":
        """Read parts, given in their order, in one pass through the file."""

    def spans_antimeridian(self, part: Part) -> bool:
        """Return whether a box of the part says by xmin > xmax that it runs across the antimeridian."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The left or the right side: one or several files, and their parts in order.

    ``without_geometry`` counts rows that are in no part because they were found to have no geometry; ``in_memory``
    says that the rows are held already.
    """

    sources: tuple[Source, ...]
    parts: tuple[Part, ...]
    id_type: "pa.DataType"
    has_accuracy: bool
    without_geometry: int = 0
    in_memory: bool = False

    @property
    def rows(self) -> int:
        """How many rows the parts have."""
        return sum(part.rows for part in self.parts)

    def read(self, parts: Iterable[Part]) -> "Iterator[tuple[Part, pa.Table]]":
        """Read parts, given in their order."""
        for source, wanted in groupby(parts, key=lambda part: part.source):
            yield from self.sources[source].read(list(wanted))

    def spans_antimeridian(self, part: Part) -> bool:
        """Return whether the bounds of a part must not be trusted."""
        return self.sources[part.source].spans_antimeridian(part)


def cut(
    batches: "Iterable[pa.RecordBatch]", parts: Sequence[Part], start: int = 0
) -> "Iterator[tuple[Part, pa.Table]]":
    """Cut a stream of batches that begins at row ``start`` into parts, each from its ``offset``."""
    pa = load("pyarrow")
    stream, batch = iter(batches), None
    for part in parts:
        found, row, stop = [], part.offset, part.offset + part.rows
        while row < stop:
            if batch is None or start + batch.num_rows <= row:
                start += 0 if batch is None else batch.num_rows
                batch = next(stream, None)
                if batch is None:
                    message = f"{part.path} ends at row {row}, and promised {stop}; write the file again"
                    raise LayerError(message)
                continue
            found.append(batch.slice(row - start, stop - row))
            row += found[-1].num_rows
        yield part, pa.Table.from_batches(found)


def slices(rows: int, most: int) -> Iterator[tuple[int, int]]:
    """Cut a number of rows evenly into runs of at most ``most``: where each begins, and how many it has.

    >>> list(slices(10, 4))
    [(0, 4), (4, 3), (7, 3)]
    """
    many = -(-rows // most)
    start = 0
    for k in range(many):
        size = rows // many + (k < rows % many)
        yield start, size
        start += size
