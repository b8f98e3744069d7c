"""What became of every row: none is left out silently."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What became of the rows of one side: ``rows`` is the sum of the three others.

    ``skipped`` rows were not read, since the boxes around them cannot reach the other side.
    """

    judged: int
    skipped: int
    without_geometry: int

    @property
    def rows(self) -> int:
        """How many rows the files have."""
        return self.judged + self.skipped + self.without_geometry

    def __str__(self) -> str:
        return (
            f"{self.rows:,} rows = {self.judged:,} judged + {self.skipped:,} skipped (out of reach) "
            f"+ {self.without_geometry:,} without geometry"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a run of ``near_many`` wrote, and what became of every row.

    ``parts`` are the pieces in which the left side was read; ``parts_skipped`` of them were not, and
    ``parts_continued`` were finished by an earlier run that was stopped.
    """

    path: Path
    pairs: int
    left: Count
    right: Count
    parts: int
    parts_skipped: int
    parts_continued: int
    seconds: float
