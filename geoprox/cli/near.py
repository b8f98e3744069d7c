"""`geoprox near` and `geoprox buffer`: the kernel for files."""

import math
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

import geoprox as gp
from geoprox.errors import CRSMismatchError, FormatError, GeometryError, LayerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geopandas import GeoDataFrame

    from geoprox.bulk import Tally
    from geoprox.bulk.run import Progress as Show

_WGS84 = 4326
_METRES = {"mi": 1609.344, "km": 1000.0, "m": 1.0}
_Vector = Annotated[Path, typer.Argument(help="Vector file in EPSG:4326, of any format GDAL reads.")]
_Large = Annotated[Path, typer.Argument(help="GeoParquet, or any vector file that GDAL reads, in EPSG:4326.")]
_Out = Annotated[
    Path, typer.Option("--out", "-o", help="File to write: .csv, .xlsx, .parquet, .gpkg, .geojson or .html.")
]


def metres(text: str) -> float:
    """Return metres from a distance such as ``5km``, ``500m``, ``1mi`` or ``500``.

    >>> metres("5km")
    5000.0
    """
    number, unit = text.strip(), 1.0
    for suffix, factor in _METRES.items():
        if number.endswith(suffix):
            number, unit = number.removesuffix(suffix), factor
            break
    try:
        value = float(number) * unit
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        message = f"{text!r} is no distance; write 500m, 5km or 1mi"
        raise GeometryError(message)
    return value


def near(  # noqa: PLR0913 -- the options of a command, each by its name
    left: _Large,
    right: _Large,
    *,
    within: Annotated[str, typer.Option(help="Largest distance, with unit: 500m, 5km, 1mi.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="File to write: .parquet for files of any size; .csv, .xlsx, .html for small ones."
        ),
    ],
    tiers: Annotated[str, typer.Option(help="Distances to sort pairs by, such as 500m,1km,5km.")] = "",
    left_id: Annotated[str | None, typer.Option(help="Column of ids on the left side; default: feature_id.")] = None,
    right_id: Annotated[str | None, typer.Option(help="Column of ids on the right side; default: feature_id.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler to run on, such as tcp://10.0.0.5:8786.")
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Begin anew: drop the parts of a stopped run.")] = False,
) -> None:
    """Write the pairs of two files that are, or may be, within a distance of each other.

    With --out *.parquet the left file is read part by part, whatever its size, with the distance of each pair; the same
    command after a kill goes on where it was stopped. Other formats get every column of a pair, for files that
    fit into memory. Without a column of ids, pairs name the row numbers of the file, from 0.
    """
    gp.require_writer(out)
    if out.suffix.lower() == ".parquet":
        with _client(scheduler) as client, _progress() as show:
            tally = gp.near_many(
                left,
                right,
                within_m=metres(within),
                tiers_m=[metres(tier) for tier in tiers.split(",") if tier.strip()],
                out=out,
                left_id=left_id,
                right_id=right_id,
                client=client,
                restart=restart,
                progress=show,
            )
        _tell(tally, left, right)
        return
    if tiers or left_id or right_id or scheduler or restart:
        message = (
            f"{out.name}: tiers, ids, a scheduler and a restart are for pairs in .parquet; use --out {out.stem}.parquet"
        )
        raise FormatError(message)
    pairs = gp.near(_read(left), _read(right), within_m=metres(within))
    typer.echo(f"{len(pairs)} pairs: {gp.write_table(pairs, out)}")


def _client(address: str | None) -> AbstractContextManager[Any]:
    if address is None:
        return nullcontext()
    from geoprox.bulk import connect

    return connect(address)


@contextmanager
def _progress() -> "Iterator[Show]":
    """Show a bar with the time left on a terminal, and nothing elsewhere."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading", total=None)

        def show(done: int, total: int, what: str) -> None:
            progress.update(task, completed=done, total=total or None, description=what)

        yield show


def _tell(tally: "Tally", left: Path, right: Path) -> None:
    """Say what was written, and what became of every row."""
    typer.echo(f"{tally.pairs} pairs: {tally.path} ({tally.seconds:.1f} s)")
    for path, count in ((left, tally.left), (right, tally.right)):
        typer.echo(f"{path}: {count}")
    typer.echo(
        f"{tally.parts} parts, {tally.parts_skipped} of them skipped, {tally.parts_continued} from a stopped run"
    )


def buffer(
    source: _Vector, *, radius: Annotated[str, typer.Option(help="Radius, with unit: 500m, 5km, 1mi.")], out: _Out
) -> None:
    """Write the zone around each feature of a file, on the ellipsoid."""
    gp.require_writer(out)
    frame = _read(source)
    zones = frame.set_geometry(gp.buffer(frame, metres(radius)))
    typer.echo(f"{len(zones)} zones: {gp.write_table(zones, out)}")


def _read(path: Path) -> "GeoDataFrame":
    # heavy: loaded when a file is read, not for --help
    import geopandas as gpd
    from pyogrio.errors import DataSourceError

    try:
        frame = gpd.read_file(path)
    except DataSourceError as error:
        message = f"{path} is no vector file that can be read: {error}"
        raise LayerError(message) from error
    _require_degrees(path, frame)
    lost = int((frame.geometry.isna() | frame.geometry.is_empty).sum())
    if lost or not len(frame):
        typer.echo(f"{path}: {lost} of {len(frame)} features have no geometry, and none of them is judged", err=True)
    return frame


def _require_degrees(path: Path, frame: "GeoDataFrame") -> None:
    """Raise with the command that reprojects a file, unless it is in longitude and latitude already."""
    if "geometry" not in frame.columns:
        message = f"{path} has no geometry; give a vector file"
        raise LayerError(message)
    crs = frame.crs
    if crs is None or crs.to_epsg() != _WGS84:
        has = "declares no CRS" if crs is None else f"is in {crs.to_string()}"
        source = "-s_srs EPSG:2039 (if that is what it is in) " if crs is None else ""
        message = f"{path} {has}; distances are measured from EPSG:4326: ogr2ogr {source}-t_srs EPSG:4326 OUT {path}"
        raise CRSMismatchError(message)
