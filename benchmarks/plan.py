"""What is run, on how much, and what it has to reach."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

from benchmarks import workloads
from benchmarks.jobs import Job
from benchmarks.measure import Measured

_COMPILED, _PLAIN = "", ", without the compiled part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How many parcels and sites the rows have, and how many pairs are held against the oracle."""

    a: int = 100_000
    a_large: int = 1_000_000
    b: int = 200_000
    growth: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    growth_points: tuple[int, ...] = (10_000, 100_000, 1_000_000, 10_000_000)
    one_request: int = 1_000
    shares: int = 2_000
    sites_a: int = 2_000
    sites_b: int = 5_000
    truth: int = 300


FULL = Sizes()
# enough to see that everything runs; the figures say nothing
QUICK = Sizes(
    a=300, a_large=600, b=200, growth=(300,), growth_points=(100, 300), one_request=30, shares=40,
    sites_a=150, sites_b=200, truth=8,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the report: under which heading, by which name, and the job that gives its figures."""

    group: str
    label: str
    job: Job

    @property
    def key(self) -> str:
        """What names the row in goals and on the screen."""
        return f"{self.group}: {self.label}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A figure of one row, or its ratio to that of another, and the bar it has to reach."""

    what: str
    figure: str
    of: str
    over: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def bar(self) -> str:
        """The bar in words."""
        sign, value = (">=", self.at_least) if self.at_least is not None else ("<=", self.at_most)
        return f"{sign} {value:g}{'x' if self.over else ' ms'}"

    def value(self, measured: dict[str, Measured]) -> float:
        """Return the figure or ratio; NaN where a row was not measured."""
        none = Measured()
        above = measured.get(self.of, none).median(self.figure)
        return above / measured.get(self.over, none).median(self.figure) if self.over else above

    def met(self, value: float) -> bool:
        """Return whether a value reaches the bar."""
        return value >= self.at_least if self.at_least is not None else value <= self.at_most


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows in the order in which they run, and the goals."""

    rows: tuple[Row, ...]
    goals: tuple[Goal, ...]


def plan(sizes: Sizes, data: Path, scratch: Path) -> Plan:
    """Return what to run; workloads are read from ``data``, what runs write goes to ``scratch``."""
    make = _Jobs(sizes, data, scratch)
    rows = [*_in_memory(make), *_file_to_file(make), *_world(make), *_one_request(make), *_shares(make)]
    return Plan(tuple(rows), tuple(_goals(sizes)))


def only(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    """Return the rows whose runner has one of the names, `*` standing for any letters; all where none is named."""
    return [row for row in rows if not names or any(fnmatch(row.job.runner, name) for name in names)]


@dataclass(frozen=True, slots=True)
class _Jobs:
    sizes: Sizes
    data: Path
    scratch: Path

    def job(self, runner: str, workload: str, n: int) -> Job:
        drawn = workloads.WORKLOADS[workload]
        sites = self.sizes.sites_b if workload == "B" else self.sizes.sites_a
        left, right = workloads.paths(drawn, n, sites, self.data)
        return Job(
            runner=runner,
            workload=workload,
            n=n,
            sites=sites,
            tiers_m=drawn.tiers_m,
            planar_crs=drawn.planar_crs,
            left=str(left),
            right=str(right),
            out=str(self.scratch / "out.parquet"),
        )


def _in_memory_group(n: int) -> str:
    return f"A, {n:,} parcels, in memory"


def _file_group(workload: str, n: int) -> str:
    what = "points" if workload == "A-points" else "parcels"
    return f"A, {n:,} {what}, file to file"


def _world_group(n: int) -> str:
    return f"B, {n:,} parcels over the world, in memory"


def _shares_group(radius_m: float) -> str:
    return f"Shares of A in zones of {radius_m:,.0f} m"


def _geoprox(threads: int, part: str = _COMPILED) -> str:
    return f"geoprox, {threads} thread{'s' if threads > 1 else ''}{part}"


def _in_memory(make: _Jobs) -> Iterator[Row]:
    n = make.sizes.a
    group = _in_memory_group(n)
    for part in (_COMPILED, _PLAIN):
        for threads in (2, 1):
            job = replace(make.job("geoprox", "A", n), threads=threads, compiled=part == _COMPILED)
            yield Row(group, _geoprox(threads, part), job)
    yield Row(group, "geopandas sjoin(dwithin) + distance, ITM", make.job("geopandas", "A", n))
    yield Row(group, "shapely STRtree dwithin + distance, ITM", replace(make.job("shapely", "A", n), threads=1))
    yield Row(group, "dask-geopandas, 2 workers, ITM", make.job("dask", "A", n))
    yield Row(group, "DuckDB spatial, planar, ITM", make.job("duckdb", "A", n))
    yield Row(group, "SedonaDB geometry, ITM", make.job("sedonadb geometry", "A", n))
    yield Row(group, "SedonaDB geography", make.job("sedonadb geography", "A", n))
    yield Row(group, "PostGIS geometry, ITM", make.job("postgis geometry", "A", n))
    yield Row(group, "PostGIS geography", make.job("postgis geography", "A", n))


def _file_to_file(make: _Jobs) -> Iterator[Row]:
    """Yield the streaming rows: the growth curve of each runner, and every runner at the largest size."""
    sizes = make.sizes
    for n in sorted({*sizes.growth, sizes.a, sizes.a_large}):
        who = ["geoprox stream", "floor", "geopandas"] + ["duckdb", "dask"] * (n == sizes.a_large)
        for runner in who:
            yield Row(_file_group("A", n), runner, replace(make.job(runner, "A", n), to_file=True))
    for n in sizes.growth_points:
        for runner in ("geoprox stream", "floor"):
            yield Row(_file_group("A-points", n), runner, replace(make.job(runner, "A-points", n), to_file=True))


def _world(make: _Jobs) -> Iterator[Row]:
    n = make.sizes.b
    group = _world_group(n)
    yield Row(group, _geoprox(2), make.job("geoprox", "B", n))
    yield Row(group, "PostGIS geography", make.job("postgis geography", "B", n))
    yield Row(group, "SedonaDB geography", make.job("sedonadb geography", "B", n))


def _one_request(make: _Jobs) -> Iterator[Row]:
    job = replace(make.job("geoprox single request", "A", make.sizes.one_request), threads=1)
    yield Row(_ONE_REQUEST, "geoprox, a request", job)


def _shares(make: _Jobs) -> Iterator[Row]:
    for radius in _RADII:
        for runner in _SHARES:
            job = replace(make.job(runner, "A", make.sizes.shares), threads=1, radius_m=radius)
            yield Row(_shares_group(radius), runner, job)


_ONE_REQUEST = "One request"
_RADII = (5_000.0, 500.0)
_SHARES = (
    "geoprox overlap",
    "shapely intersection",
    "geoprox overlap with union",
    "shapely intersection with union",
)


def _goals(sizes: Sizes) -> Iterator[Goal]:
    memory, world = _in_memory_group(sizes.a), _world_group(sizes.b)
    small, large = _file_group("A", sizes.a), _file_group("A", sizes.a_large)
    ours, geopandas = f"{memory}: {_geoprox(2)}", f"{memory}: geopandas sjoin(dwithin) + distance, ITM"
    a, b, m = f"A {sizes.a:,}", f"B {sizes.b:,}", f"A {sizes.a_large:,}"

    def faster(what: str, of: str, over: str, at_least: float) -> Goal:
        return Goal(what=what, figure="wall_s", of=of, over=over, at_least=at_least)

    yield faster(f"{a}, 2 threads, against geopandas", geopandas, ours, 8)
    yield faster(f"{a}, 2 threads, against DuckDB spatial", f"{memory}: DuckDB spatial, planar, ITM", ours, 7)
    yield faster(f"{a}, 2 threads, against PostGIS geography", f"{memory}: PostGIS geography", ours, 100)
    yield Goal(
        what=f"{m} streaming, against the floor",
        figure="wall_s",
        of=f"{large}: geoprox stream",
        over=f"{large}: floor",
        at_most=2.5,
    )
    yield faster(
        f"{b}, 100 miles, against PostGIS geography", f"{world}: PostGIS geography", f"{world}: {_geoprox(2)}", 15
    )
    for threads, bar in ((1, 1), (2, 1.6)):
        plain = f"{memory}: {_geoprox(threads, _PLAIN)}"
        yield faster(f"{a}{_PLAIN}, {threads} thread(s), against geopandas", geopandas, plain, bar)
    yield faster(f"{a}, from 1 to 2 threads", f"{memory}: {_geoprox(1)}", ours, 1.7)
    peak = f"{large}: geoprox stream"
    yield Goal(
        what=f"{m}, peak memory against geopandas", figure="peak_mb", of=peak, over=f"{large}: geopandas", at_most=0.25
    )
    yield Goal(
        what=f"peak memory, from {a} to {m}", figure="peak_mb", of=peak, over=f"{small}: geoprox stream", at_most=1.2
    )
    yield Goal(
        what=f"one request against {sizes.sites_a:,} sites",
        figure="milliseconds",
        of=f"{_ONE_REQUEST}: geoprox, a request",
        at_most=2,
    )
    for radius, bar in zip(_RADII, (20, 5), strict=True):
        group = _shares_group(radius)
        for how, least in (("", bar), (" with union", 100)):
            yield Goal(
                what=f"a share within {radius:,.0f} m{how}, against shapely.intersection",
                figure="s_per_pair",
                of=f"{group}: shapely intersection{how}",
                over=f"{group}: geoprox overlap{how}",
                at_least=least,
            )
