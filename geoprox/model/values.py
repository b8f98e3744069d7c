"""The values that pass between stages: layers as read, and an assessment."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from geoprox.model.catalog import Catalog
from geoprox.model.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """A folder of layers, read and checked.

    ``frames`` holds the features of each layer that could be read, on a range index; ``tables`` the links,
    parties and authorities. ``issues`` has one row a fault of the data, ``coverage`` one row a layer of the
    catalog, read or not.
    """

    catalog: Catalog
    frames: "Mapping[str, gpd.GeoDataFrame]"
    tables: "Mapping[str, pd.DataFrame]"
    issues: "pd.DataFrame"
    coverage: "pd.DataFrame"

    def __getitem__(self, layer: str) -> "gpd.GeoDataFrame":
        """Return the features of a layer; ``KeyError`` where it was not read (``coverage`` says why)."""
        return self.frames[layer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a policy says of the subjects of some layers on one day.

    ``table`` has one row a subject, ``findings`` one row a rule and pair with verdict within, possible or
    unknown, ``pairs`` one row a subject and object within reach, ``excluded`` one row a feature that did not
    exist on the day, ``coverage`` and ``issues`` what could not be used.
    """

    table: "gpd.GeoDataFrame"
    findings: "pd.DataFrame"
    pairs: "pd.DataFrame"
    excluded: "pd.DataFrame"
    coverage: "pd.DataFrame"
    issues: "pd.DataFrame"
    policy: Policy
    as_of: date
