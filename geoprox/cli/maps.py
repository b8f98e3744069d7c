"""`geoprox maps`: the briefing maps, their index, and the risk table beside them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import geoprox as gp
from geoprox.cli.options import LAYERS, POLICY, AsOfOption, LayersOption, PolicyOption


def maps(
    definitions: Annotated[list[Path] | None, typer.Argument(help="Map files; default: every .toml in maps/.")] = None,
    *,
    layers: LayersOption = LAYERS,
    policy: PolicyOption = POLICY,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")] = Path("maps/out"),
    as_of: AsOfOption = None,
) -> None:
    """Build one HTML file for each briefing map, an index of them, and the risk table in csv, xlsx and geojson."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("reading layers", total=None)

        def show(done: int, total: int, what: str) -> None:
            progress.update(task, completed=done, total=total, description=what)

        index = gp.build_maps(layers, policy, definitions or Path("maps"), out, as_of=as_of, progress=show)
    typer.echo(f"maps are in {out}; open {index}")
