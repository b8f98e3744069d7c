"""geoprox against the oracle of the tests, a slow search of its own: `python -m benchmarks.truth JOB ANSWER RESULT`."""

import json
import sys
from importlib import util
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pandas as pd

from benchmarks.agree import clear_of_edges
from benchmarks.jobs import PAIR_COLUMNS, Job, tier_of

ORACLE = Path(__file__).resolve().parents[1] / "tests" / "oracle.py"
NEEDS = ("scipy", "geographiclib")


def main(told: str, answer: str, result: str, count: str) -> None:
    """Write how far a sample of pairs is from the truth."""
    job = Job.from_json(told)
    pairs = sample(pd.read_parquet(answer, columns=list(PAIR_COLUMNS)), job.tiers_m, int(count))
    shapes = [gpd.read_parquet(path).set_index("feature_id").geometry for path in (job.left, job.right)]
    ends = [of.loc[pairs[name]] for of, name in zip(shapes, PAIR_COLUMNS, strict=False)]
    truth = oracle().distances(*ends)
    wrong = (tier_of(truth, job.tiers_m) != pairs["tier_m"].to_numpy()) & clear_of_edges(truth, job.tiers_m)
    largest = float(np.abs(truth - pairs["distance_m"].to_numpy()).max(initial=0))
    told_back = {"pairs": len(pairs), "largest_m": largest, "wrong_tiers": int(wrong.sum())}
    Path(result).write_text(json.dumps(told_back), encoding="utf-8")


def sample(pairs: pd.DataFrame, tiers_m: tuple[float, ...], count: int) -> pd.DataFrame:
    """Return pairs of which a half is drawn and the other half lies nearest to the edges of tiers."""
    drawn = np.random.default_rng(3).permutation(len(pairs))[: count // 2]
    to_edge = np.abs(pairs["distance_m"].to_numpy()[:, None] - np.array(tiers_m))
    nearest = np.argsort(to_edge, axis=0)[: count // 2 // len(tiers_m)].ravel()
    return pairs.iloc[np.unique(np.concatenate([drawn, nearest]))]


def oracle() -> ModuleType:
    """Return the oracle of the tests."""
    spec = util.spec_from_file_location("oracle", ORACLE)
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main(*sys.argv[1:])
