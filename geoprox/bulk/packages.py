"""The optional packages of this stage: loaded when first used, and told by the extra that brings them."""

from importlib import import_module
from types import ModuleType

from geoprox.errors import InstallationError

_EXTRA = {"pyarrow": "tables", "dask": "dask", "distributed": "dask"}


def load(module: str) -> ModuleType:
    """Return a module such as ``pyarrow.parquet``; raise ``InstallationError`` where its package is not installed.

    >>> load("pyarrow.ipc").__name__
    'pyarrow.ipc'
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        message = f"large files need {package}; install it with: pip install 'geoprox[{_EXTRA[package]}]'"
        raise InstallationError(message) from error
