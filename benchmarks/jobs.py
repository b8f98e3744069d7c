"""What a run is, what it answers, and how a runner says that it cannot run."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PAIR_COLUMNS = ("subject_id", "object_id", "distance_m", "tier_m")


class CouldNotRun(Exception):  # noqa: N818 -- it is an answer, printed with its reason, not a fault of the bench
    """A runner lacks something; the message is the reason that the report gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of one runner on one workload, told to a fresh process as JSON."""

    runner: str
    workload: str
    n: int
    sites: int
    tiers_m: tuple[float, ...]
    planar_crs: str | None
    left: str
    right: str
    threads: int = 2
    to_file: bool = False  # from GeoParquet to Parquet, reading and writing timed; else from frames to a frame
    out: str = ""  # the Parquet file that a run to a file writes
    compiled: bool = True
    radius_m: float = 0.0  # of zones, in the rows about shares

    @property
    def within_m(self) -> float:
        """The largest tier: what is within it is a pair."""
        return self.tiers_m[-1]

    def to_json(self) -> str:
        """Return the job as text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Job":
        """Return the job that a text tells."""
        told = json.loads(text)
        return cls(**told | {"tiers_m": tuple(told["tiers_m"])})


@dataclass(frozen=True, slots=True)
class Figures:
    """What a runner measured itself, in place of pairs; ``wall_s`` among them overrules the clock around it."""

    values: dict[str, float]


# pairs in memory, pairs in a Parquet file, or figures
Answer = pd.DataFrame | Path | Figures
# what is prepared on entering is not timed, the call is, what is undone on leaving is not
Runner = Callable[[Job], AbstractContextManager[Callable[[], Answer]]]


def tier_of(distance_m: np.ndarray, tiers_m: tuple[float, ...]) -> np.ndarray:
    """Return the smallest tier that holds each distance, the edge included."""
    return np.array([*tiers_m, np.nan])[np.searchsorted(tiers_m, distance_m)]


def pairs_frame(subject: Any, object_: Any, distance_m: Any, tiers_m: tuple[float, ...]) -> pd.DataFrame:  # noqa: ANN401 -- columns of any array library
    """Return pairs as every runner returns them."""
    distance = np.asarray(distance_m, dtype=float)
    columns = (np.asarray(subject), np.asarray(object_), distance, tier_of(distance, tiers_m))
    return pd.DataFrame(dict(zip(PAIR_COLUMNS, columns, strict=True)), copy=False)
