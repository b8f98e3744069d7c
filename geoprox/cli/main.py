"""The `geoprox` command: its subcommands, and how errors reach the user."""

import sys

import typer
from rich.console import Console

from geoprox.cli import layers, maps, near, risk
from geoprox.errors import GeoproxError

app = typer.Typer(
    name="geoprox",
    help="What is near what, how surely, and who should look: proximity analysis on the ellipsoid.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(layers.app, name="layers")
app.command("maps")(maps.maps)
app.command("risk")(risk.risk)
app.command("near")(near.near)
app.command("buffer")(near.buffer)


def main() -> None:
    """Run the command line; an error of geoprox or of a file is one message and exit code 2."""
    try:
        app(prog_name="geoprox")
    except (GeoproxError, OSError) as error:
        Console(stderr=True, soft_wrap=True).print(f"geoprox: {error}", style="red", markup=False, highlight=False)
        sys.exit(2)
