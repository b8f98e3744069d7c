"""`geoprox layers`: what the layers hold, and what is wrong with them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

import geoprox as gp

app = typer.Typer(help="What the layers hold, and what is wrong with them.", no_args_is_help=True)


@app.callback()
def layers() -> None:
    """Keep `check` a subcommand: others join it."""


@app.command()
def check(folder: Annotated[Path, typer.Argument(help="Folder of layers.")] = Path("layers")) -> None:
    """List every fault of the layers at once, and what was read; exit code 1 where there is any."""
    read = gp.read_layers(folder)
    console = Console(soft_wrap=True)
    coverage = Table("layer", "state", "features", "as of", "message")
    for row in read.coverage.itertuples():
        coverage.add_row(row.layer, row.state, str(row.features), row.as_of, row.message)
    console.print(coverage, markup=False)
    for fault in read.issues.itertuples():
        place = ", ".join(
            str(part)
            for part in (fault.layer, f"row {fault.row}" if fault.row == fault.row else "", fault.column)
            if part
        )
        typer.echo(f"{place}: {fault.code} ({fault.action}): {fault.message}; {fault.remedy}")
    unread = (read.coverage["state"] != "read").sum()
    typer.echo(f"{len(read.issues)} faults, {unread} of {len(read.coverage)} files not read")
    raise typer.Exit(1 if len(read.issues) or unread else 0)
