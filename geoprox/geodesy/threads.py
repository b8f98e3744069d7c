"""Work spread over threads: numpy, GEOS and the compiled search all let go of Python's lock."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from geoprox.errors import GeometryError

_Part = TypeVar("_Part")
_Result = TypeVar("_Result")


def in_threads(work: Callable[[_Part], _Result], parts: Iterable[_Part], threads: int | None = None) -> list[_Result]:
    """Return ``work`` done for each part, in the order of parts; by as many threads as there are processors if None."""
    todo = list(parts)
    workers = min(len(todo), processors() if threads is None else threads)
    if threads is not None and threads < 1:
        message = f"threads is {threads}; give how many threads may work, at least 1"
        raise GeometryError(message)
    if workers <= 1:
        return [work(part) for part in todo]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, todo))


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
