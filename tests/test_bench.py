"""The benchmarks run, say what they measured and what they could not run; and their checks can fail."""

import importlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import shapely

PAIRS = pd.DataFrame(
    {"subject_id": [0, 0, 1], "object_id": [0, 1, 1], "distance_m": [10.0, 700.0, 4999.0], "tier_m": [500.0, 1e3, 5e3]}
)
TIERS = (500.0, 1000.0, 5000.0)


@pytest.fixture
def bench(repo, monkeypatch):
    """Return a module of the benchmarks, which run from the checkout and are not installed."""
    monkeypatch.syspath_prepend(repo)
    return lambda name: importlib.import_module(f"benchmarks.{name}")


@pytest.fixture
def compared(bench, tmp_path):
    """Return how changed pairs compare with PAIRS, for a peer that may be off by a part of the distance."""
    agree = bench("agree")

    def compare(other, share=0.0):
        files = tmp_path / "ours.parquet", tmp_path / "theirs.parquet"
        for frame, file in zip((PAIRS, other), files, strict=True):
            frame.to_parquet(file)
        return agree.compare(*files, TIERS, agree.Tolerance(1e-4, share, "for the test"))

    return compare


def test_one_command_measures_and_says_what_it_could_not_run(repo, tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--quick", "--data", tmp_path, "--out", tmp_path]
    # geoprox, a peer that is always here, and one that is not
    names = ["--only", "geoprox", "geopandas", "duckdb"]
    done = subprocess.run([*command, *names], cwd=repo, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    report = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert report.strip() == done.stdout.strip()
    assert "Tiny sizes" in report
    measured, could_not = report.split("## What could not run")
    assert "| geopandas sjoin(dwithin) + distance, ITM " in measured
    assert "geoprox, 1 thread, without the compiled part " in measured
    assert "No answer is further off than its known error." in measured
    assert "- postgis geography: left out by --only" in could_not
    if importlib.util.find_spec("duckdb") is None:
        assert "DuckDB spatial, planar, ITM: not installed: duckdb" in could_not


def test_equal_answers_agree_in_any_order(compared):
    agreement = compared(PAIRS[::-1])
    assert agreement.faults == ()
    assert agreement.wrong_tiers == 0


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        (PAIRS[:2], "lost"),
        (pd.concat([PAIRS, PAIRS[:1]]), "doubled"),
        (pd.concat([PAIRS, PAIRS[:1].assign(subject_id=7)]), "too many"),
        (PAIRS.assign(distance_m=PAIRS.distance_m + 0.01), "differ by more"),
    ],
)
def test_an_answer_that_no_known_error_explains_is_a_fault(compared, other, fault):
    assert any(fault in told for told in compared(other).faults)


def test_a_known_error_is_no_fault_and_its_wrong_tiers_are_counted(compared):
    # the last pair is measured as out of reach: 4999 m is less than 0.1 % from the edge
    agreement = compared(PAIRS[:2].assign(distance_m=[10.0, 700.5], tier_m=[500.0, 5000.0]), share=1e-3)
    assert agreement.faults == ()
    assert (agreement.wrong_tiers, agreement.missing) == (2, 1)


def test_workloads_are_valid_seeded_and_parts_of_larger_ones(bench, tmp_path):
    workloads = bench("workloads")
    gpd = pytest.importorskip("geopandas")
    for workload in workloads.WORKLOADS.values():
        few, sites = (gpd.read_parquet(path) for path in workloads.write(workload, 50, 40, tmp_path))
        more, _ = (gpd.read_parquet(path) for path in workloads.write(workload, 80, 60, tmp_path))
        assert few.geometry.geom_equals(more.geometry[:50]).all()
        for shapes in (more.geometry, sites.geometry):
            assert shapes.is_valid.all()
            assert np.abs(shapely.bounds(shapes.to_numpy())[:, [0, 2]]).max() <= 180
