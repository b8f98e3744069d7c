"""The frame of a map, and which features it shows."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoprox import geodesy
from geoprox.errors import DefinitionError
from geoprox.geodesy.ellipsoid import R_MIN
from geoprox.geodesy.zones import MAX_RADIUS_M, MIN_RADIUS_M
from geoprox.model.briefing import MapDefinition
from geoprox.model.columns import CRS
from geoprox.model.values import Layers

Bounds = tuple[float, float, float, float]
Row = Mapping[Any, Any]
Json = Any  # what json.dumps takes: nested dicts, lists, text and numbers
_DECIMALS = 5  # about a metre


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a map frames (``bounds``), and how far beyond it draws (``around``), so that no window has an empty rim."""

    bounds: Bounds
    around: Bounds

    @property
    def half_m(self) -> float:
        """Half the longer side of the frame, in metres."""
        west, south, east, north = self.bounds
        sides = np.array(
            [shapely.LineString([(west, south), (west, north)]), shapely.LineString([(west, south), (east, south)])]
        )
        return float(geodesy.length_m(sides).max()) / 2


def make_view(bounds: Bounds) -> View:
    """Return the view of a frame; its surroundings reach as far again on every side.

    >>> make_view((34.0, 31.0, 35.0, 33.0)).around
    (33.0, 29.0, 36.0, 35.0)
    """
    west, south, east, north = bounds
    wide, high = east - west, north - south
    around = (max(-180.0, west - wide), max(-89.0, south - high), min(180.0, east + wide), min(89.0, north + high))
    return View(bounds=bounds, around=around)


def shown_features(layers: Layers, definition: MapDefinition, view: View, gone: Iterable[str]) -> gpd.GeoDataFrame:
    """Return the features a map shows, with what the map has to know of each.

    Added columns: ``layer``; ``area`` (the footprint, or the disc that surely holds the position; of a wide one the
    point only); ``wide`` (the disc is wider than the frame or than any disc can be, or there is no position: the
    feature is named beside the map, not drawn); ``in_frame``.

    Raises
    ------
    DefinitionError
        The map names a layer that the catalog does not have.
    """
    _require_layers(definition, layers)
    read = [layers.frames[name].assign(layer=name) for name in definition.layers if name in layers.frames]
    if not read:
        text = pd.Series([], dtype="string")
        none = gpd.GeoDataFrame({"feature_id": text, "layer": text, "accuracy_m": []}, geometry=[], crs=CRS)
        return _with_areas(none, view)
    frame = gpd.GeoDataFrame(pd.concat(read, ignore_index=True), crs=CRS)
    frame = _with_areas(frame[~frame["feature_id"].isin(set(gone))], view)
    near = shapely.intersects(np.asarray(frame["area"]), shapely.box(*view.around)) & ~frame["wide"]
    return frame[near | (frame["wide"] & frame["in_frame"])].reset_index(drop=True)


def areas_of(geometries: "np.ndarray[Any, Any]", accuracy_m: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Return each feature's footprint or, where only a point is known, the disc that surely holds the position."""
    areas = geometries.copy()
    vague = (shapely.get_dimensions(geometries) == 0) & (accuracy_m >= MIN_RADIUS_M)
    areas[vague] = geodesy.buffer(geometries[vague], accuracy_m[vague])
    return areas


def has_disc(geometries: "np.ndarray[Any, Any]", radius_m: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Return where a disc can be drawn: one that is larger than ``buffer`` draws, or reaches a pole, cannot.

    The page draws it as a circle, and a Mercator map has none about a pole.
    """
    farthest = np.abs(shapely.bounds(geometries)[:, [1, 3]]).max(axis=1, initial=0)
    off_poles = farthest + np.degrees(radius_m / R_MIN) < 90  # noqa: PLR2004 -- the latitude of a pole
    return np.asarray((radius_m <= MAX_RADIUS_M) & off_poles, dtype=bool)


def coordinates(geometry: shapely.Geometry) -> Json:
    """Return the GeoJSON of a geometry with coordinates to about a metre."""
    return json.loads(shapely.to_geojson(shapely.transform(geometry, lambda xy: np.round(xy, _DECIMALS))))


def spot(geometry: shapely.Geometry) -> list[float]:
    """Return where the symbol of a geometry stands: longitude and latitude."""
    inside = shapely.get_coordinates(shapely.point_on_surface(geometry))[0]
    return [round(float(x), _DECIMALS) for x in inside]


def _with_areas(frame: gpd.GeoDataFrame, view: View) -> gpd.GeoDataFrame:
    accuracy, places = frame["accuracy_m"].astype(float).to_numpy(), frame.geometry.to_numpy()
    nowhere = shapely.is_missing(places) | shapely.is_empty(places)
    vague = (shapely.get_dimensions(places) == 0) & (accuracy > 0)
    wide = (accuracy >= view.half_m) | nowhere | (vague & ~has_disc(places, accuracy))
    areas = areas_of(places, np.where(wide, 0.0, accuracy))
    inside = shapely.intersects(areas, shapely.box(*view.bounds)) | nowhere
    inside[vague & wide] = _reaches(places[vague & wide], accuracy[vague & wide], view)
    return frame.assign(area=pd.Series(areas, index=frame.index, dtype=object), wide=wide, in_frame=inside)


def _reaches(
    places: "np.ndarray[Any, Any]", accuracy_m: "np.ndarray[Any, Any]", view: View
) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Return whether the true position may lie in the frame, where the disc that holds it is too wide to draw."""
    frame = np.full(len(places), shapely.box(*view.bounds), dtype=object)
    return np.asarray(geodesy.distance(places, frame) <= accuracy_m, dtype=bool)


def _require_layers(definition: MapDefinition, layers: Layers) -> None:
    known = [entry.id for entry in layers.catalog.layer]
    strange = [name for name in definition.layers if name not in known]
    if strange:
        raise DefinitionError(f"the map names layer {', '.join(strange)}; the catalog has {', '.join(known)}")
