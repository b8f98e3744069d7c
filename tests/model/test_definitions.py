"""A definition file that cannot be used says where: file, line, place, what, remedy."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from geoprox.errors import DefinitionError
from geoprox.model.definitions import Definition, line_of, read_definition

TEXT = """\
title = "a"

[[layer]]
id = "first"
extent = [1, 2, 3]

  [[layer.omitted]]
  name = "x"

  [[layer.omitted]]
  name = "y"

[[layer]]
id = "second"  # with a comment

  [[ layer.omitted ]]
  name = "z"

[score]
high = 1

[score.role]
owner = 2
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("title",), 1),
        (("layer", 0), 3),
        (("layer", 0, "id"), 4),
        (("layer", 0, "extent", 1), 5),
        (("layer", 0, "omitted", 0, "name"), 8),
        (("layer", 0, "omitted", 1, "name"), 11),
        (("layer", 1), 13),
        (("layer", 1, "id"), 14),
        (("layer", 1, "omitted", 0, "name"), 17),
        (("score",), 19),
        (("score", "high"), 20),
        (("score", "role"), 22),
        (("score", "role", "owner"), 23),
    ],
    ids=str,
)
def test_a_fault_is_told_with_its_line(place: tuple[int | str, ...], line: int):
    assert line_of(TEXT, place) == line


@pytest.mark.parametrize(("place", "lines"), [(("layer", 0, "file"), range(3, 12)), (("as_of",), range(1, 3))])
def test_a_missing_key_is_told_at_its_own_table(place: tuple[int | str, ...], lines: range):
    # the other tables have the key
    text = TEXT.replace('id = "second"  # with a comment', 'file = "second"').replace(
        "high = 1", 'as_of = 1\nfile = "x"'
    )
    assert line_of(text, place) in lines


class Part(Definition):
    name: str
    size: Annotated[int, Field(gt=0)]


class Whole(Definition):
    part: tuple[Part, ...]


def message_of(path: Path, content: bytes | str) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DefinitionError) as caught:
        read_definition(path, Whole)
    return str(caught.value)


def test_every_fault_is_told_at_once(tmp_path: Path):
    path = tmp_path / "whole.toml"
    text = '[[part]]\nname = "a"\nsize = 0\n[[part]]\nname = 5\nsize = 1\ncolour = "red"\n'
    assert message_of(path, text).splitlines() == [
        f"{path}:3: part[1].size: Input should be greater than 0 (got 0)",
        f"{path}:5: part[2].name: Input should be a valid string (got 5)",
        f"{path}:7: part[2].colour: no such key; remove it or mend its spelling",
    ]


def test_a_missing_key_is_told_with_its_remedy(tmp_path: Path):
    assert message_of(tmp_path / "whole.toml", "").endswith("whole.toml:1: part: is missing; add it")


@pytest.mark.parametrize(
    "content", ["part = [", "[[part]\n", b"\xff\xfe\x00", 'part = "\x00"', "part = 1\npart = 2", "\ufeffpart = []"]
)
def test_what_is_no_toml_is_told_in_one_line(tmp_path: Path, content: bytes | str):
    message = message_of(tmp_path / "whole.toml", content)
    assert "not a TOML file in UTF-8" in message
    assert "\n" not in message


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(DefinitionError, match=r"cannot be read .*give the path of a TOML file"):
            read_definition(path, Whole)
