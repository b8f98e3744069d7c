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
    for entry in read.coverage[["layer", "state", "features", "as_of", "message"]].astype(str).to_numpy():
        coverage.add_row(*entry)
    console.print(coverage, markup=False)
    # a fault of a whole file has no row, and may have no column
    for fault in read.issues.astype(object).where(read.issues.notna(), "").to_dict("records"):
        row = f"row {fault['row']}" if fault["row"] else ""
        place = ", ".join(part for part in (fault["layer"], row, fault["column"]) if part)
        typer.echo(f"{place}: {fault['code']} ({fault['action']}): {fault['message']}; {fault['remedy']}")
    unread = read.coverage.loc[read.coverage["state"] != "read", "layer"].tolist()
    files = f"without use: {', '.join(unread)}" if unread else f"all {len(read.coverage)} files read"
    typer.echo(f"{len(read.issues)} faults, {files}")
    raise typer.Exit(1 if len(read.issues) or unread else 0)
