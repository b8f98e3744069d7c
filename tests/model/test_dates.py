"""Dates of reduced precision: a month or a year covers all its days, and what is not known leaves nothing out."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprox.errors import DefinitionError
from geoprox.model.dates import first_day, last_day, read_day, valid_on

days = st.dates(min_value=date(1000, 1, 1), max_value=date(9998, 12, 31))
formats = st.sampled_from(["%Y", "%Y-%m", "%Y-%m-%d"])


@given(days, formats)
def test_a_date_covers_the_day_it_was_made_from(day: date, written: str):
    text = day.strftime(written)
    assert first_day(text) <= day <= last_day(text)
    assert (first_day(text) - timedelta(1)).strftime(written) != text
    assert (last_day(text) + timedelta(1)).strftime(written) != text


def test_a_february_has_the_days_of_its_year():
    assert (last_day("2024-02"), last_day("2023-02")) == (date(2024, 2, 29), date(2023, 2, 28))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24",
        "2024-13",
        "2024-00",
        "2024-00-15",
        "2024-01-00",
        "2024-02-30",
        "2024-2",
        "2024/02/01",
        "01-02-2024",
        "20240201",
        "2024-02-01T00:00",
        "0000",
        " 2024",
        "מאי 2024",
    ],
)
def test_what_is_no_date_is_refused(text: str):
    for read in (first_day, last_day):
        with pytest.raises(ValueError, match=r".+"):
            read(text)


def test_a_day_is_read_from_text_or_taken_as_it_is():
    assert read_day("2022-05-11") == read_day(date(2022, 5, 11)) == date(2022, 5, 11)


@pytest.mark.parametrize("value", ["2022", "2022-05", "yesterday", "", 20220511, None])
def test_what_is_no_whole_day_is_refused_with_the_remedy(value: object):
    with pytest.raises(DefinitionError, match="write it as YYYY-MM-DD"):
        read_day(value)


def held(begin: str | None, end: str | None, day: str) -> bool:
    frame = pd.DataFrame({"valid_from": [begin], "valid_to": [end]}, dtype="string")
    return bool(valid_on(frame, date.fromisoformat(day)).item())


@pytest.mark.parametrize(
    ("begin", "end", "day", "expected"),
    [
        ("2020-01-01", "2020-12-31", "2020-01-01", True),
        ("2020-01-01", "2020-12-31", "2020-12-31", True),
        ("2020-01-01", "2020-12-31", "2019-12-31", False),
        ("2020-01-01", "2020-12-31", "2021-01-01", False),
        ("2020", "2020", "2020-12-31", True),
        ("2020-02", "2020-02", "2020-02-29", True),
        ("2020-02", "2020-02", "2020-03-01", False),
        (None, "2020", "1900-01-01", True),
        ("2020", None, "2999-01-01", True),
        (None, None, "2020-01-01", True),
    ],
)
def test_both_ends_count_and_an_unknown_end_is_open(begin: str | None, end: str | None, day: str, *, expected: bool):
    assert held(begin, end, day) is expected


def test_no_rows_hold_on_no_day():
    assert valid_on(pd.DataFrame({"valid_from": [], "valid_to": []}, dtype="string"), date(2020, 1, 1)).empty
