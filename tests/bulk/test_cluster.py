"""The same kernel on the workers of a Dask cluster: real processes, one of them killed."""

import os
import signal
from collections.abc import Iterator

import pytest
import shapely

import geoprox as gp
from geoprox.bulk import Limits, connect

distributed = pytest.importorskip("distributed", reason="needs geoprox[dask]")


@pytest.fixture(scope="module")
def cluster() -> Iterator["distributed.LocalCluster"]:
    """Two workers with a process each."""
    options = {"processes": True, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "silence_logs": 50}
    with distributed.LocalCluster(n_workers=2, **options) as started:
        yield started


@pytest.fixture
def client(cluster) -> Iterator["distributed.Client"]:
    """A client of the cluster, all of whose workers are there."""
    with distributed.Client(cluster) as connected:
        connected.wait_for_workers(2, timeout=30)
        yield connected


@pytest.fixture
def inputs(parcels, write, tmp_path):
    left, right = parcels(600), parcels(80, 1)
    return left, right, write(left, tmp_path / "left.parquet", 20), write(right, tmp_path / "right.parquet")


def kill(client, workers: int) -> None:
    """Kill the processes of some workers, as machines that are switched off."""
    for pid in sorted(client.run(os.getpid).values())[:workers]:
        os.kill(pid, signal.SIGKILL)


def test_a_worker_killed_in_mid_run_changes_nothing(client, inputs, agrees, tmp_path):
    left, right, path, _ = inputs
    one = gp.near_many(path, right, within_m=3000, tiers_m=[1000], out=tmp_path / "one.parquet")
    killed = []

    def strike(done, _total, _what):
        if done and not killed:
            killed.append(done)
            kill(client, 1)

    out = tmp_path / "many.parquet"
    many = gp.near_many(path, right, within_m=3000, tiers_m=[1000], out=out, client=client, progress=strike)
    assert killed
    assert killed[0] < 600
    assert out.read_bytes() == one.path.read_bytes()
    agrees(out, left, right)
    assert (many.left, many.right, many.pairs) == (one.left, one.right, one.pairs)


def test_sites_that_were_lost_with_every_worker_are_sent_again(client, inputs, tmp_path):
    _, right, path, _ = inputs
    one = gp.near_many(path, right, within_m=3000, out=tmp_path / "one.parquet")
    killed = []

    def strike(done, _total, _what):
        if done and not killed:
            killed.append(done)
            kill(client, 2)

    out = tmp_path / "many.parquet"
    gp.near_many(path, right, within_m=3000, out=out, client=client, progress=strike)
    assert killed
    assert out.read_bytes() == one.path.read_bytes()


def test_two_large_sides_on_a_cluster(client, inputs, tmp_path):
    *_, path, sites = inputs
    limits = Limits(part_rows=100, held_rows=30)
    one = gp.near_many(path, sites, within_m=3000, out=tmp_path / "one.parquet", limits=limits)
    many = gp.near_many(path, sites, within_m=3000, out=tmp_path / "many.parquet", limits=limits, client=client)
    assert many.pairs == one.pairs > 0
    assert many.path.read_bytes() == one.path.read_bytes()


def test_parts_out_of_reach_are_not_submitted(client, inputs, parcels, tmp_path):
    *_, path, _ = inputs
    west = parcels(40, 1, (34.5, 31.5, 34.55, 32.0))
    done = gp.near_many(path, west, within_m=1000, out=tmp_path / "pairs.parquet", client=client)
    assert done.parts_skipped > 20


def test_an_error_of_a_worker_is_the_error_of_the_run(client, inputs, write, tmp_path):
    left, right, path, _ = inputs
    left.loc[333, "geometry"] = shapely.from_wkt(
        "POLYGON ((34.7 31.7, 34.71 31.71, 34.71 31.7, 34.7 31.71, 34.7 31.7))"
    )
    write(left, path, 20)
    with pytest.raises(gp.GeometryError, match="row 333: the geometry is not valid"):
        gp.near_many(path, right, within_m=3000, out=tmp_path / "pairs.parquet", client=client)


def test_the_address_of_a_scheduler_is_enough(cluster, inputs, tmp_path):
    *_, path, sites = inputs
    with connect(cluster.scheduler_address) as client:
        assert gp.near_many(path, sites, within_m=0, out=tmp_path / "pairs.parquet", client=client).left.rows == 600


@pytest.fixture
def impatient() -> Iterator[None]:
    """Wait for nobody."""
    with pytest.importorskip("dask").config.set({"distributed.comm.timeouts.connect": "0.3s"}):
        yield


@pytest.mark.usefixtures("impatient")
def test_a_scheduler_that_does_not_answer_is_told():
    with (
        pytest.raises(gp.RunError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9"),
        connect("tcp://127.0.0.1:9"),
    ):
        pytest.fail("nobody is there")


@pytest.mark.usefixtures("impatient")
def test_a_cluster_without_workers_is_told(inputs, tmp_path):
    *_, path, sites = inputs
    empty = distributed.LocalCluster(n_workers=0, processes=False, dashboard_address="127.0.0.1:0")
    with empty, distributed.Client(empty) as client, pytest.raises(gp.RunError, match="no workers; start some"):
        gp.near_many(path, sites, within_m=0, out=tmp_path / "pairs.parquet", client=client)
