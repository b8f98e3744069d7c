"""The catalog of a folder of layers: which files there are, what each claims to cover, and on what terms."""

from datetime import date
from typing import Annotated

from pydantic import Field

from geoprox.model.definitions import Definition

Extent = tuple[float, float, float, float]


class Omitted(Definition):
    """Something left out on purpose, and why."""

    name_en: str
    name_he: str
    reason_en: str
    reason_he: str


class LayerEntry(Definition):
    """One layer: a file of features."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    file: str
    title_en: str
    title_he: str
    about_en: str
    about_he: str
    extent: Extent
    licence: str
    attribution: str
    omitted: tuple[Omitted, ...] = ()


class TableEntry(Definition):
    """One table: a CSV file without geometry."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    file: str
    title_en: str
    title_he: str


class Catalog(Definition):
    """What a folder of layers holds, and the day to which it was compiled."""

    title_en: str
    title_he: str
    as_of: date
    layer: Annotated[tuple[LayerEntry, ...], Field(min_length=1)]
    table: tuple[TableEntry, ...] = ()

    def entry(self, layer: str) -> LayerEntry | None:
        """Return the entry of a layer, or None."""
        return next((entry for entry in self.layer if entry.id == layer), None)
