"""Rows that own runs of members: row ``r`` owns members ``border[r]:border[r + 1]``."""

import numpy as np

from geoprox.geodesy.ellipsoid import Floats, Ints


def borders(owner: Ints, n: int) -> Ints:
    """Return the borders of the runs of members whose owners, of ``n`` rows, are given in order."""
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n))]).astype(np.int64)


def members(border: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """Return every member of each row: the position of the row in ``rows``, and the member; in order."""
    count = border[rows + 1] - border[rows]
    position = np.repeat(np.arange(len(rows)), count)
    rank = np.arange(len(position)) - np.repeat(np.cumsum(count) - count, count)
    return position, border[rows][position] + rank


def totals(owner: Ints, values: Floats, n: int) -> Floats:
    """Return the sum of the values of each of ``n`` owners."""
    # bincount answers in whole numbers where there is nothing to add
    return np.asarray(np.bincount(owner, weights=values, minlength=n), dtype=float)


def least(owner: Ints, values: Floats, n: int) -> Floats:
    """Return the smallest value of each of ``n`` owners, infinity where one has none."""
    out = np.full(n, np.inf)
    np.minimum.at(out, owner, values)
    return out
