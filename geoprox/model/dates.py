"""Dates as sources give them: a day, a month or a year (ISO 8601 with reduced precision)."""

import calendar
import re
from datetime import date

import pandas as pd

from geoprox.errors import DefinitionError

_SHAPE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


def first_day(text: str) -> date:
    """Return the first day of a year, month or day such as ``2014``, ``2014-09`` or ``2014-09-23``.

    Raises ``ValueError`` for anything else.

    >>> first_day("2014-09")
    datetime.date(2014, 9, 1)
    """
    year, month, day = _fields(text)
    return date(year, month or 1, day or 1)


def last_day(text: str) -> date:
    """Return the last day of a year, month or day.

    >>> last_day("2014-09")
    datetime.date(2014, 9, 30)
    """
    year, month, day = _fields(text)
    month = month or 12
    return date(year, month, day or calendar.monthrange(year, month)[1])


def read_day(value: "str | date") -> date:
    """Return the day meant by ``as_of``: a date, or text such as ``2022-05-11``.

    Raises
    ------
    DefinitionError
        The text is not one whole day.
    """
    try:
        # a time of day, which a pandas Timestamp has too, is dropped; NaT has none, and is no day
        day = date.fromisoformat(value) if isinstance(value, str) else value
        return date(day.year, day.month, day.day)
    except (AttributeError, TypeError, ValueError) as error:
        message = f"as_of {value!r} is not a day; write it as YYYY-MM-DD, for example 2022-05-11"
        raise DefinitionError(message) from error


def valid_on(frame: pd.DataFrame, day: date) -> "pd.Series[bool]":
    """Return which rows hold on a day, by ``valid_from`` and ``valid_to``.

    What is not known never leaves a row out: a missing date is open, a month or year counts from its first to
    its last day.
    """
    begins = frame["valid_from"].map(first_day, na_action="ignore")
    ends = frame["valid_to"].map(last_day, na_action="ignore")
    begun = begins.isna() | begins.map(lambda d: d <= day, na_action="ignore").eq(other=True)
    not_over = ends.isna() | ends.map(lambda d: d >= day, na_action="ignore").eq(other=True)
    return begun & not_over


def _fields(text: str) -> tuple[int, int | None, int | None]:
    match = _SHAPE.fullmatch(text)
    if not match:
        message = f"{text!r} is not a year, month or day; write 2014, 2014-09 or 2014-09-23"
        raise ValueError(message)
    year, month, day = match.groups()
    date(int(year), int(month or 1), int(day or 1))  # raises for a year 0, a month 13 or a 31 April
    return int(year), int(month) if month else None, int(day) if day else None
