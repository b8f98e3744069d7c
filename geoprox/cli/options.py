"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

LayersOption = Annotated[Path, typer.Option("--layers", help="Folder of layers, with its catalog.toml.")]
PolicyOption = Annotated[Path, typer.Option("--policy", help="Policy file.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="Day to judge for, YYYY-MM-DD; default: the layers' own date.")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", "-o", help="File to write: .csv, .xlsx, .parquet, .gpkg, .geojson or .html.")
]

LAYERS = Path("layers")
POLICY = Path("layers/policy.toml")
