"""What a briefing map shows: one TOML file for each map."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from geoprox.model.definitions import Box, Definition


class MapDefinition(Definition):
    """A briefing map: its words, its frame, and which layers, rules and names it shows."""

    title_en: str
    title_he: str
    intro_en: str
    intro_he: str
    bounds: Box
    layers: Annotated[tuple[str, ...], Field(min_length=1)]
    rings: tuple[str, ...] = ()  # rules whose distance is drawn around the objects
    label: tuple[str, ...] = ()  # features whose name is always shown
    notes_en: tuple[str, ...] = ()
    notes_he: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_each_note_twice(self) -> Self:
        if len(self.notes_en) != len(self.notes_he):
            message = (
                f"{len(self.notes_en)} notes_en but {len(self.notes_he)} notes_he; give each note in both languages"
            )
            raise ValueError(message)
        return self
