"""A run that is killed goes on, and no pair is lost or doubled."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import geoprox as gp
from geoprox.bulk import Limits
from geoprox.bulk.judge import judge

WITHIN = ("--within", "3km", "--tiers", "500m,1km,3km")


@pytest.fixture
def inputs(parcels, write, tmp_path) -> tuple[Path, Path]:
    """Many small row groups, so that a kill in mid-run is one."""
    return write(parcels(1500), tmp_path / "left.parquet", 10), write(parcels(40, 1), tmp_path / "right.parquet")


def start(repo, inputs, out, *more) -> subprocess.Popen:
    code = "from geoprox.cli import main; main()"
    arguments = [sys.executable, "-c", code, "near", *inputs, *WITHIN, "-o", out, *more]
    return subprocess.Popen(arguments, cwd=repo, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed(repo, inputs, out) -> Path:
    """Kill a run without warning as soon as it has finished a part; return the folder of its parts."""
    folder = out.with_name(out.name + ".parts")
    process = start(repo, inputs, out)
    while not any(folder.glob("part-*.arrow")):
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.communicate()
    return folder


def test_a_run_killed_in_the_middle_goes_on_to_the_same_bytes(repo, inputs, tmp_path):
    whole, out = tmp_path / "whole.parquet", tmp_path / "out" / "pairs.parquet"
    gp.near_many(*inputs, within_m=3000, tiers_m=[500, 1000, 3000], out=whole)
    folder = killed(repo, inputs, out)
    finished = len(list(folder.glob("part-*.arrow")))
    assert 1 <= finished < 150
    assert not out.exists()
    # as a loss of power leaves it: a part that is named and cut, and one that was being written
    cut = min(folder.glob("part-*.arrow"))
    cut.write_bytes(cut.read_bytes()[:100])
    (folder / ".part-000599-x").mkdir()
    process = start(repo, inputs, out)
    said, complained = process.communicate()
    assert (process.returncode, complained) == (0, "")
    assert f"{finished - 1} from a stopped run" in said
    assert out.read_bytes() == whole.read_bytes()
    assert [path.name for path in out.parent.iterdir()] == ["pairs.parquet"]


@pytest.fixture
def stopped(parcels, write, tmp_path):
    """A run of five parts that was stopped after the third: what it was asked, and how to ask it again."""
    path, sites = write(parcels(250), tmp_path / "left.parquet"), write(parcels(40, 1), tmp_path / "right.parquet")
    out = tmp_path / "pairs.parquet"

    def run(**changed):
        asked = {"within_m": 3000, "limits": Limits(threads=1), "out": out, **changed}
        return gp.near_many(asked.pop("paths", path), asked.pop("sites", sites), **asked)

    def stop(done, _total, _what):
        if done >= 150:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(progress=stop)
    assert not out.exists()
    return run


def test_a_finished_part_is_not_judged_again(stopped, monkeypatch):
    numbers = []

    def count(part, *rest):
        numbers.append(part.number)
        return judge(part, *rest)

    monkeypatch.setattr("geoprox.bulk.run.judge", count)
    done = stopped()
    assert done.parts_continued >= 3
    assert sorted(numbers) == list(range(5))[done.parts_continued :]


CHANGES = {
    "distance": {"within_m": 2000},
    "tiers": {"tiers_m": [500]},
    "ids": {"left_id": "feature_id"},
    "limits": {"limits": Limits(part_rows=7)},
}


@pytest.mark.parametrize("change", CHANGES)
def test_parts_of_a_run_with_other_parameters_are_an_error_with_the_remedy(stopped, change):
    with pytest.raises(gp.RunError, match=r"parts of another run \(.+, now .+\).*--restart"):
        stopped(**CHANGES[change])
    done = stopped(**CHANGES[change], restart=True)
    assert done.parts_continued == 0


def test_parts_of_other_rows_are_an_error(stopped, parcels, write, tmp_path):
    write(parcels(250, 2), tmp_path / "left.parquet")
    with pytest.raises(gp.RunError, match=r"left .*now .*--restart"):
        stopped()


def test_parts_of_other_sites_in_a_frame_are_an_error(parcels, write, tmp_path):
    path, out = write(parcels(100), tmp_path / "left.parquet"), tmp_path / "pairs.parquet"

    def run(sites, progress=None):
        return gp.near_many(path, sites, within_m=3000, out=out, progress=progress)

    def stop(done, *_):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(parcels(40, 1), stop)
    moved = parcels(40, 1)
    moved.geometry = moved.geometry.translate(1e-9)
    with pytest.raises(gp.RunError, match=r"right .*now"):
        run(moved)
    assert run(parcels(40, 1)).parts_continued >= 1


def test_the_output_of_an_earlier_run_stays_until_the_new_one_is_whole(stopped, tmp_path):
    out = tmp_path / "pairs.parquet"
    out.write_text("what was there before")
    with pytest.raises(gp.RunError):
        stopped(within_m=1)
    assert out.read_text() == "what was there before"
    assert stopped().pairs > 0
    assert out.read_bytes()[:4] == b"PAR1"


def test_a_folder_of_somebody_else_is_left_alone(parcels, write, tmp_path):
    path = write(parcels(9), tmp_path / "left.parquet")
    theirs = tmp_path / "pairs.parquet.parts" / "thesis.docx"
    theirs.parent.mkdir()
    theirs.write_text("all of it")
    with pytest.raises(gp.RunError, match="not of geoprox; move them away"):
        gp.near_many(path, path, within_m=1, out=tmp_path / "pairs.parquet", restart=True)
    assert theirs.exists()


def test_two_runs_do_not_write_the_same_output(parcels, write, tmp_path):
    path, out = write(parcels(100), tmp_path / "left.parquet"), tmp_path / "pairs.parquet"

    def again(*_):
        with pytest.raises(gp.RunError, match="being written by another run"):
            gp.near_many(path, path, within_m=1, out=out)

    assert gp.near_many(path, path, within_m=1, out=out, progress=again).pairs >= 100


def test_a_manifest_that_cannot_be_read_is_told(stopped, tmp_path):
    (tmp_path / "pairs.parquet.parts" / "manifest.json").write_text("{")
    with pytest.raises(gp.RunError, match=r"its manifest cannot be read.*--restart"):
        stopped()


def test_the_manifest_says_what_was_asked(stopped, tmp_path):
    manifest = json.loads((tmp_path / "pairs.parquet.parts" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["within_m"] == 3000
    assert manifest["left"][0]["name"] == "left.parquet"
    with pytest.raises(gp.RunError):
        stopped(within_m=2)


def test_tiles_are_written_once_for_a_run(parcels, write, agrees, tmp_path):
    left, right = (parcels(300, seed, ordered=False) for seed in (0, 1))
    paths = write(left, tmp_path / "left.parquet"), write(right, tmp_path / "right.parquet")
    out, limits = tmp_path / "pairs.parquet", Limits(part_rows=40, held_rows=60, threads=1)

    def stop(done, _total, what):
        if done and what == "judging":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gp.near_many(*paths, within_m=3000, out=out, limits=limits, progress=stop)
    tiles = {path: path.stat().st_mtime_ns for path in (tmp_path / "pairs.parquet.parts" / "right").iterdir()}
    kept = []
    gp.near_many(
        *paths,
        within_m=3000,
        out=out,
        limits=limits,
        progress=lambda *_: kept.append({path: path.stat().st_mtime_ns for path in tiles}),
    )
    assert tiles
    assert kept[0] == tiles
    agrees(out, left, right)
