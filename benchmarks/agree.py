"""Whether answers agree: pairs of a peer against those of geoprox, and those of geoprox against the oracle."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.jobs import PAIR_COLUMNS

# nearer than this to the edge of a tier, either side of the edge is right
EDGE_M = 1e-3
_SHIFT = 32


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a peer's distances may lie from the truth, in metres and as a part of the distance, and why."""

    metres: float
    share: float
    reason: str

    def of(self, distance_m: np.ndarray) -> np.ndarray:
        """Return the tolerance of each distance."""
        return self.metres + distance_m * self.share


_ITM = Tolerance(
    0.1,
    1e-4,
    "scale of the Israeli grid, up to 9.6e-5 at 85 km from its meridian; an edge of 2.4 km, straight on the plane, "
    "leaves the one that is straight in degrees by 7 cm",
)
_SAME = Tolerance(1e-4, 0, "all ways of running geoprox give the same answer")
_PLANAR = ("geopandas", "shapely", "dask", "duckdb", "sedonadb geometry", "postgis geometry")
TOLERANCES = dict.fromkeys(_PLANAR, _ITM) | {
    "geoprox": _SAME,
    "geoprox stream": _SAME,
    "postgis geography": Tolerance(
        0.7,
        3.4e-3,
        "the nearest point is sought on a sphere, then measured on the spheroid: of the order of its flattening; "
        "its edges are geodesics, on 2.4 km at 80 N 0.65 m off those straight in degrees",
    ),
    "sedonadb geography": Tolerance(
        0.7, 6e-3, "measured on a sphere, whose radius is up to 0.56 % off the local one; edges as in PostGIS geography"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How an answer differs from the reference; ``faults`` says in words what no known error explains."""

    wrong_tiers: int
    missing: int
    extra: int
    largest_m: float
    faults: tuple[str, ...]


def compare(reference: Path, other: Path, tiers_m: tuple[float, ...], tolerance: Tolerance) -> Agreement:
    """Return how the pairs of one file differ from those of another: all of them, not a sample.

    A tier is wrong where the two differ and the reference is at least a millimetre from every edge; a pair that only
    one of them has is in a wrong tier too, if its distance is.
    """
    a, b = (pd.read_parquet(path, columns=list(PAIR_COLUMNS)) for path in (reference, other))
    i, j, only_a, only_b, doubled = _matched(a, b)
    metres_a, metres_b = (frame["distance_m"].to_numpy() for frame in (a, b))
    tiers = [frame["tier_m"].to_numpy() for frame in (a, b)]
    wrong = int(((tiers[0][i] != tiers[1][j]) & clear_of_edges(metres_a[i], tiers_m)).sum())
    missing, extra = (m[clear_of_edges(m, tiers_m)] for m in (metres_a[only_a], metres_b[only_b]))
    apart = np.abs(metres_a[i] - metres_b[j])
    allowed = tolerance.of(metres_a[i])
    unexplained = [metres < tiers_m[-1] - tolerance.of(metres) for metres in (missing, extra)]
    counted = {
        "pairs differ by more than the known error": int((apart > allowed).sum()),
        "pairs are lost and no known error explains it": int(unexplained[0].sum()),
        "pairs are too many and no known error explains it": int(unexplained[1].sum()),
        "pairs are doubled": doubled,
    }
    return Agreement(
        wrong_tiers=wrong + len(missing) + len(extra),
        missing=len(missing),
        extra=len(extra),
        largest_m=float(apart.max(initial=0)),
        faults=tuple(f"{n:,} {what}" for what, n in counted.items() if n),
    )


def compare_shares(reference: Path, other: Path, allowed: float) -> Agreement:
    """Return how shares of the same parcels differ; one that only one side has counts as 0 on the other."""
    # shares in a union stand on the rows of the parcels, which are their ids
    read = [pd.read_parquet(path) for path in (reference, other)]
    frames = [f if "subject_id" in f else f.rename_axis("subject_id").reset_index() for f in read]
    keys = [name for name in ("subject_id", "object_id") if all(name in frame for frame in frames)]
    # a side that measured only some parcels is asked about those
    some = frames[1]["subject_id"].unique()
    a, b = (frame[frame["subject_id"].isin(some)].set_index(keys)["overlap_share"] for frame in frames)
    apart = a.sub(b, fill_value=0).abs().to_numpy()
    over = int((~(apart <= allowed)).sum())
    faults = (f"{over:,} shares differ by more than {allowed}",) if over else ()
    if not len(apart):
        faults = ("there is no share to compare",)
    return Agreement(wrong_tiers=0, missing=0, extra=0, largest_m=float(apart.max(initial=0)), faults=faults)


def clear_of_edges(distance_m: np.ndarray, tiers_m: tuple[float, ...]) -> np.ndarray:
    """Return which distances are at least a millimetre from the edge of every tier."""
    return np.abs(distance_m[:, None] - np.array(tiers_m)).min(axis=1, initial=np.inf) >= EDGE_M


def _matched(a: pd.DataFrame, b: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]:
    """Return rows of the same pair, rows that only one has, and how many pairs either has twice."""
    keys = [(f["subject_id"].to_numpy(np.int64) << _SHIFT) + f["object_id"].to_numpy(np.int64) for f in (a, b)]
    unique = [np.unique(key, return_index=True) for key in keys]
    (of_a, row_a), (of_b, row_b) = unique
    _, i, j = np.intersect1d(of_a, of_b, assume_unique=True, return_indices=True)
    only_a, only_b = np.delete(row_a, i), np.delete(row_b, j)
    doubled = sum(len(key) - len(one[0]) for key, one in zip(keys, unique, strict=True))
    return row_a[i], row_b[j], only_a, only_b, doubled
