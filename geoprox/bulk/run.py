"""`near_many`: from files to a file of pairs, part by part."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from geoprox.bulk import identity
from geoprox.bulk.cluster import judged_by
from geoprox.bulk.frames import side_of
from geoprox.bulk.judge import Ask, columns, judge
from geoprox.bulk.packages import load
from geoprox.bulk.parts import Part, Side
from geoprox.bulk.sides import open_side
from geoprox.bulk.sites import Sites, Tiled, hold, out_of_reach
from geoprox.bulk.store import Output, Store, finish, opened
from geoprox.bulk.tally import Count, Tally
from geoprox.bulk.tiles import scattered, tiled
from geoprox.errors import FormatError, GeometryError, LayerError
from geoprox.geodesy.threads import processors
from geoprox.version import VERSION

if TYPE_CHECKING:
    import geopandas as gpd
    from distributed import Client

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is held at once.

    ``part_rows`` rows of the left side are read and judged at a time; a right side of more than ``held_rows`` rows
    is read by tiles. ``threads`` work at once on this machine (None: as many as there are cores).
    """

    part_rows: int = 65_536
    held_rows: int = 200_000
    threads: int | None = None


def near_many(  # noqa: PLR0913 -- the options of a command, each by its name
    paths: str | Path | Sequence[str | Path],
    sites: "gpd.GeoDataFrame | str | Path",
    *,
    out: str | Path,
    within_m: float | None = None,
    tiers_m: Sequence[float] = (),
    left_id: str | None = None,
    right_id: str | None = None,
    client: "Client | None" = None,
    restart: bool = False,
    progress: Progress | None = None,
    limits: Limits | None = None,
) -> Tally:
    """Write the pairs of large files that are, or may be, within a distance, as ``near`` finds them.

    The left side is read part by part, so that memory does not grow with it. Parts that are finished are kept
    beside the output, in ``<out>.parts/``: the same call after a kill goes on from there, and no pair is lost or
    doubled. The output appears when it is complete.

    Parameters
    ----------
    paths
        One or several files in EPSG:4326: GeoParquet, or a file with one layer of any format GDAL reads. Of GeoParquet
        with bbox covering columns, row groups that cannot reach any site are not read.
    sites
        A frame or a file in EPSG:4326. It is held in memory where it has at most ``limits.held_rows`` rows; a larger
        file is read by tiles, and where the rows of a side lie in no order of place, that side is first written anew by
        tiles, beside the output.
    within_m
        Metres, the bound included; if not given, the largest tier. Where a side has ``accuracy_m``, pairs that *may*
        be within are written too.
    out
        The ``.parquet`` file to write.
    tiers_m
        Distances in metres, at most ``within_m``; ``tier_m`` is the smallest that holds a pair's distance, missing
        where none does.
    left_id, right_id
        Columns of ids: text, or whole numbers. Default: ``feature_id`` where a file has it, otherwise the row number
        from 0, counted on through several files (of a frame, its index).
    client
        A client of a Dask cluster whose workers judge the parts; they must see the files by the same names, and
        ``<out>.parts/`` too where the right side is read by tiles. The result is the same.
    restart
        Throw away the parts of an earlier run that was stopped.
    progress
        Called with the rows done, all rows to be done, and what is being done.
    limits
        How much is held at once; default ``Limits()``.

    Returns
    -------
    Tally
        The path, the count of pairs, and what became of every row of both sides.

    Notes
    -----
    The columns are ``subject_id`` and ``object_id``, ``distance_m`` in metres, ``distance_min_m`` and
    ``distance_max_m`` where a side has ``accuracy_m``, and ``tier_m`` where tiers are asked for. Rows are ordered by
    left row, then right row (by left tile first, where the left side was written anew). The same input gives the same
    bytes, however often a run was stopped and whoever judged the parts.

    Raises
    ------
    CRSMismatchError
        A side is not in EPSG:4326 or OGC:CRS84.
    FormatError
        The output is no ``.parquet`` file, or cannot be written.
    GeometryError
        A distance is out of range, or a row cannot be measured; the message names file, row and remedy.
    InstallationError
        pyarrow or distributed is not installed.
    LayerError
        A file cannot be read, or lacks geometry or ids.
    RunError
        Parts of another run lie beside the output, or the cluster is lost.

    Examples
    --------
    >>> import tempfile
    >>> import geopandas as gpd
    >>> folder = Path(tempfile.mkdtemp())
    >>> places = gpd.GeoSeries.from_xy([34.65, 34.66, 35.0], [31.8, 31.8, 32.8], crs=4326)
    >>> places.to_frame("geometry").to_parquet(folder / "places.parquet")
    >>> path = folder / "places.parquet"
    >>> done = near_many(path, path, within_m=1000, out=folder / "pairs.parquet")
    >>> done.pairs, done.left.rows
    (5, 3)
    """
    began = perf_counter()
    load("pyarrow")
    out, limits = Path(out), limits or Limits()
    if out.suffix.lower() != ".parquet":
        message = f"{out.name}: pairs of large files are written as .parquet only; name such a file"
        raise FormatError(message)
    within_m, tiers = _distances(within_m, tiers_m)
    left, right, inputs = _open(paths, sites, (left_id, right_id), limits)
    interval = left.has_accuracy or right.has_accuracy
    ask = Ask(
        within_m=within_m,
        tiers_m=tiers,
        columns=columns(left.id_type, right.id_type, interval=interval, tiers=bool(tiers)),
    )
    asked = {"within_m": within_m, "tiers_m": tiers, "left_id": left_id, "right_id": right_id}
    belongs = {
        "geoprox": VERSION,
        **asked,
        **inputs,
        "part_rows": limits.part_rows,
        "held_rows": limits.held_rows,
    }
    with opened(out, belongs, restart=restart) as store:
        job = _Job(store, ask, client, limits, progress or _silent)
        return job.run(left, right, out, began)


def _silent(_done: int, _total: int, _what: str) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class _Job:
    store: Store
    ask: Ask
    client: "Client | None"
    limits: Limits
    progress: Progress

    def run(self, left: Side, right: Side, out: Path, began: float) -> Tally:
        left, sites = self._arranged(left, right)
        far = out_of_reach(left, sites, self.ask.within_m)
        todo = [part for part in left.parts if part.number not in far]
        finished = self.store.finished()
        grown = self.store.folder / ".output.parquet"
        with Output(grown, self.ask.columns) as output:
            for number in in_order([part.number for part in todo], finished, self._judged(left, todo, finished, sites)):
                output.add(self.store.pairs(number))
        abouts = [self.store.about(part.number) for part in todo]
        tally = Tally(
            path=out,
            pairs=output.pairs,
            left=_left_count(left, far, abouts),
            right=sites.count({int(tile): lost for about in abouts for tile, lost in about["tiles"].items()}),
            parts=len(left.parts),
            parts_skipped=len(far),
            parts_continued=len(finished),
            seconds=perf_counter() - began,
        )
        finish(self.store, out, grown)
        return tally

    def _arranged(self, left: Side, right: Side) -> tuple[Side, Sites]:
        """Return the left side and the sites, by tiles of place where the right side is too large to be held."""
        if right.rows <= self.limits.held_rows or right.in_memory:
            return left, hold(right)
        tile_rows = max(1, self.limits.held_rows // 4)
        # bounds of boxes that run across the antimeridian tell nothing, so such parts are tiled by their coordinates
        odd = {p.number for p in right.parts if p.bounds is not None and right.spans_antimeridian(p)}
        right = replace(right, parts=tuple(replace(p, bounds=None) if p.number in odd else p for p in right.parts))
        if scattered(right):
            self.progress(0, 0, "tiling the right side")
            right = tiled(right, self.store.folder / "right", tile_rows)
        if scattered(left):
            self.progress(0, 0, "tiling the left side")
            left = tiled(left, self.store.folder / "left", self.limits.part_rows)
        return left, Tiled(right, self.limits.held_rows)

    def _judged(self, left: Side, todo: Sequence[Part], finished: set[int], sites: Sites) -> Iterator[int]:
        """Judge the parts that are open, store them, and give their numbers as they are ready."""
        fresh = [part for part in todo if part.number not in finished]
        total, done = sum(part.rows for part in fresh), 0
        self.progress(done, total, "judging")
        work = self._here(left, fresh, sites) if self.client is None else self._there(self.client, left, fresh, sites)
        for part in work:
            done += part.rows
            self.progress(done, total, "judging")
            yield part.number

    def _here(self, left: Side, parts: Sequence[Part], sites: Sites) -> Iterator[Part]:
        """Judge parts in threads of this process while the next ones are read."""

        def work(part: Part, table: Any) -> Part:  # noqa: ANN401 -- pyarrow has no types
            self.store.save(part.number, judge(part, table, sites, self.ask))
            return part

        threads = self.limits.threads or processors()
        pool = ThreadPoolExecutor(threads)
        try:
            running: deque[Future[Part]] = deque()
            for part, table in left.read(parts):
                running.append(pool.submit(work, part, table))
                # one part waits, read, for each that is worked on: what is held has a bound
                if len(running) > threads:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _there(self, client: "Client", left: Side, parts: Sequence[Part], sites: Sites) -> Iterator[Part]:
        """Judge parts on the cluster."""
        for part, judged in judged_by(client, left, parts, sites, self.ask):
            self.store.save(part.number, judged)
            yield part


def in_order(wanted: Sequence[int], finished: set[int], fresh: Iterator[int]) -> Iterator[int]:
    """Give numbers in the order wanted, each as soon as it and all before it are finished.

    >>> list(in_order([1, 2, 3, 4], {1}, iter([3, 2, 4])))
    [1, 2, 3, 4]
    """
    ready = set(finished)
    for number in wanted:
        while number not in ready:
            ready.add(next(fresh))
        yield number


def _open(
    paths: str | Path | Sequence[str | Path],
    sites: "gpd.GeoDataFrame | str | Path",
    ids: tuple[str | None, str | None],
    limits: Limits,
) -> tuple[Side, Side, dict[str, Any]]:
    """Return both sides, and what tells their files from others."""
    listed = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    if not listed:
        message = "no file was named; give at least one on the left side"
        raise LayerError(message)
    inputs: dict[str, Any] = {"left": [identity.of_file(path) for path in listed]}
    left = open_side(listed, ids[0], limits.part_rows)
    if isinstance(sites, str | Path):
        inputs["right"] = identity.of_file(Path(sites))
        return left, open_side([Path(sites)], ids[1], limits.part_rows), inputs
    right = side_of(sites, ids[1])
    inputs["right"] = [identity.of_table(table) for _, table in right.read(right.parts)]
    return left, right, inputs


def _distances(within_m: float | None, tiers_m: Sequence[float]) -> tuple[float, tuple[float, ...]]:
    """Return the largest distance and the tiers, smallest first, or raise where they make no sense."""
    tiers = tuple(sorted({float(tier) for tier in tiers_m}))
    if within_m is None and not tiers:
        message = "near_many() needs a distance: give within_m or tiers_m, in metres"
        raise GeometryError(message)
    within_m = tiers[-1] if within_m is None else within_m
    for metres in (within_m, *tiers):
        if not (metres >= 0 and np.isfinite(metres)):
            message = f"a distance is {metres} m; give metres of at least 0"
            raise GeometryError(message)
    if tiers and tiers[-1] > within_m:
        message = f"the tier of {tiers[-1]:g} m is beyond the {within_m:g} m that are searched; search as far as that"
        raise GeometryError(message)
    return float(within_m), tiers


def _left_count(left: Side, far: set[int], abouts: Sequence[dict[str, Any]]) -> Count:
    skipped = sum(part.rows for part in left.parts if part.number in far)
    lost = sum(about["lost"] for about in abouts)
    return Count(judged=left.rows - skipped - lost, skipped=skipped, without_geometry=lost + left.without_geometry)
