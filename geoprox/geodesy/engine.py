"""Whether the compiled part is at hand: it needs numba, of the extra ``fast``. Without it, numpy does the same."""

from functools import cache
from types import ModuleType


@cache
def compiled() -> ModuleType | None:
    """Return the module `compiled`, or None where numba is not installed.

    It is loaded when something is first measured, not by ``import geoprox``.
    """
    try:
        from geoprox.geodesy import compiled as module
    except ImportError:
        return None
    return module
