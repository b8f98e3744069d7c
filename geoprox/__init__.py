"""geoprox: what is near what, how surely, and who should look. Geospatial proximity analysis on the ellipsoid.

>>> import geoprox as gp
>>> layers = gp.read_layers("layers")
>>> risk = gp.assess(layers, gp.read_policy("layers/policy.toml"))
>>> risk.table.columns[0]
'subject_id'
"""

from importlib import import_module
from typing import TYPE_CHECKING

from geoprox.version import VERSION

if TYPE_CHECKING:
    from geoprox.bulk import near_many
    from geoprox.errors import (
        CRSMismatchError,
        DefinitionError,
        FilterError,
        FormatError,
        GeometryError,
        GeoproxError,
        InstallationError,
        LayerError,
        RunError,
    )
    from geoprox.layers import read_layers
    from geoprox.model.policy import read_policy
    from geoprox.model.values import Assessment, Layers
    from geoprox.outputs import require_writer, write_table
    from geoprox.pipeline import assess, build_maps
    from geoprox.proximity import buffer, distance, near, overlap, prepare, rings
    from geoprox.webmaps import make_map, write_map

# where each public name lives: modules are imported when a name is first used, so that `import geoprox` stays fast
_HOME = {
    "Assessment": "model.values",
    "CRSMismatchError": "errors",
    "DefinitionError": "errors",
    "FilterError": "errors",
    "FormatError": "errors",
    "GeometryError": "errors",
    "GeoproxError": "errors",
    "InstallationError": "errors",
    "LayerError": "errors",
    "Layers": "model.values",
    "RunError": "errors",
    "assess": "pipeline",
    "buffer": "proximity",
    "build_maps": "pipeline",
    "distance": "proximity",
    "make_map": "webmaps",
    "near": "proximity",
    "near_many": "bulk",
    "overlap": "proximity",
    "prepare": "proximity",
    "read_layers": "layers",
    "read_policy": "model.policy",
    "require_writer": "outputs",
    "rings": "proximity",
    "write_map": "webmaps",
    "write_table": "outputs",
}

__version__ = VERSION
__all__ = [
    "Assessment",
    "CRSMismatchError",
    "DefinitionError",
    "FilterError",
    "FormatError",
    "GeometryError",
    "GeoproxError",
    "InstallationError",
    "LayerError",
    "Layers",
    "RunError",
    "assess",
    "buffer",
    "build_maps",
    "distance",
    "make_map",
    "near",
    "near_many",
    "overlap",
    "prepare",
    "read_layers",
    "read_policy",
    "require_writer",
    "rings",
    "write_map",
    "write_table",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        message = f"module 'geoprox' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"geoprox.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
