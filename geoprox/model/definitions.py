"""Reading a TOML file into a pydantic model, with errors that name file, line and remedy."""

import re
import tomllib
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from geoprox.errors import DefinitionError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

M = TypeVar("M", bound=BaseModel)


class Definition(BaseModel):
    """A part of a definition file: an unknown key is an error, since it is most often a typing mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _require_box(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = box
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        message = f"{box} is not west, south, east, north in degrees, longitude first"
        raise ValueError(message)
    return box


# a box in degrees, as the extent of a layer or the frame of a map
Box = Annotated[tuple[float, float, float, float], AfterValidator(_require_box)]


def read_definition(path: str | Path, model: type[M]) -> M:
    """Read a TOML file as ``model``.

    Raises
    ------
    DefinitionError
        The file is missing, is not TOML, or does not fit; every fault is named with its line.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        return model.model_validate(tomllib.loads(text))
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); give the path of a TOML file"
        raise DefinitionError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path}: not a TOML file in UTF-8: {error}"
        raise DefinitionError(message) from error
    except ValidationError as error:
        faults = [f"{path}:{line_of(text, e['loc'])}: {_where(e['loc'])}: {_what(e)}" for e in error.errors()]
        raise DefinitionError("\n".join(faults)) from error


def line_of(text: str, location: tuple[int | str, ...]) -> int:
    r"""Return the line of a TOML text (from 1) nearest to where a key is, or should be.

    >>> line_of('id = "a"\n[[rule]]\nid = "b"\nwithin_m = -1\n', ("rule", 0, "within_m"))
    4
    """
    lines = text.splitlines()
    at, prefix = 0, ""
    for here, following in zip_longest(location, location[1:]):
        if isinstance(here, int):
            continue
        prefix = f"{prefix}.{here}" if prefix else here
        heads = [
            k
            for k in range(at, len(lines))
            if re.fullmatch(rf"\s*\[\[?\s*{re.escape(prefix)}\s*\]\]?\s*(#.*)?", lines[k])
        ]
        wanted = following if isinstance(following, int) else 0
        if wanted < len(heads):
            at = heads[wanted]
            continue
        # a key that is missing is missing from this table, whatever the next one has
        end = next((k for k in range(at + 1, len(lines)) if re.match(r"\s*\[", lines[k])), len(lines))
        keys = (k for k in range(at, end) if re.match(rf"\s*{re.escape(str(here))}\s*=", lines[k]))
        at = next(keys, at)
    return at + 1


def _where(location: tuple[int | str, ...]) -> str:
    return (
        ".".join(f"[{part + 1}]" if isinstance(part, int) else part for part in location).replace(".[", "[") or "file"
    )


def _what(error: "ErrorDetails") -> str:
    if error["type"] == "extra_forbidden":
        return "no such key; remove it or mend its spelling"
    if error["type"] == "missing":
        return "is missing; add it"
    message = error["msg"].removeprefix("Value error, ")
    return f"{message} (got {error['input']!r})" if isinstance(error["input"], str | int | float) else message
