"""Work spread over threads: numpy, GEOS and the compiled search all let go of Python's lock."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import numpy as np

from geoprox.errors import GeometryError

_LARGEST = 31 << 20
_Part = TypeVar("_Part")
_Result = TypeVar("_Result")


def in_threads(work: Callable[[_Part], _Result], parts: Iterable[_Part], threads: int | None = None) -> list[_Result]:
    """Return ``work`` done for each part, in the order of parts; by as many threads as there are processors if None."""
    _keep_what_is_freed()
    todo = list(parts)
    workers = min(len(todo), processors() if threads is None else threads)
    if threads is not None and threads < 1:
        message = f"threads is {threads}; give how many threads may work, at least 1"
        raise GeometryError(message)
    if workers <= 1:
        return [work(part) for part in todo]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, todo))


@cache
def _keep_what_is_freed() -> None:
    """Have the allocator keep memory for the next step instead of handing it back, to be touched page by page again.

    glibc does so for blocks as large as the largest that it was ever given back, up to 32 MiB. Nothing is written to
    this one, so it takes no memory; other allocators take no notice.
    """
    np.empty(_LARGEST, dtype=np.uint8)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
