"""The catalog of a folder of layers: which files there are, what each claims to cover, and on what terms."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from geoprox.model.definitions import Box, Definition


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
    extent: Box
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

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        ids = [*(entry.id for entry in self.layer), *(entry.id for entry in self.table)]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            message = f"id {', '.join(twice)} is used twice; rename one"
            raise ValueError(message)
        return self

    def entry(self, layer: str) -> LayerEntry | None:
        """Return the entry of a layer, or None."""
        return next((entry for entry in self.layer if entry.id == layer), None)
