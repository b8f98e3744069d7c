"""Faults of the data, one row each: where, what, what was done about it, and the remedy."""

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from geoprox.model.columns import ISSUES
from geoprox.model.vocabulary import Action


class Issue(NamedTuple):
    """One fault. ``row`` counts features or table rows from 1; it is empty for a fault of the whole file."""

    layer: str
    row: int | None
    column: str | None
    code: str
    action: Action
    message: str
    remedy: str


def issue_frame(issues: Iterable[Issue]) -> pd.DataFrame:
    """Return issues as a frame, in the order found."""
    frame = pd.DataFrame(list(issues), columns=list(ISSUES))
    return frame.astype({"row": "Int64", **dict.fromkeys(set(ISSUES) - {"row"}, "string")})
