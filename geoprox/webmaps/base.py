"""The base map that needs no network: land, borders and towns, cut to the surroundings of the map."""

import json
from functools import cache
from importlib.resources import files

import numpy as np
import shapely
from shapely.geometry import shape

from geoprox.webmaps.view import Bounds, Json, View, coordinates, make_view
from geoprox.webmaps.words import both

_TOWNS = 400


def base_map(view: View) -> Json:
    """Return land and borders as GeoJSON geometries, towns with their rank, and who is to be credited."""
    land, borders, places = (_read(name) for name in ("land", "borders", "places"))
    # wider than the rest, so that the cut edge of the land stays out of sight
    beyond = make_view(view.around).around
    return {
        "land": coordinates(_cut(land, beyond)),
        "borders": coordinates(_cut(borders, beyond)),
        "towns": _towns(places, view.around),
        "credit": list(dict.fromkeys(collection["attribution"] for collection in (land, borders, places))),
    }


@cache
def _read(name: str) -> Json:
    return json.loads(files("geoprox.webmaps").joinpath("base", f"{name}.geojson").read_text(encoding="utf-8"))


def _cut(collection: Json, around: Bounds) -> shapely.Geometry:
    shapes = np.array([shape(feature["geometry"]) for feature in collection["features"]], dtype=object)
    parts = shapely.clip_by_rect(shapes, *around) if len(shapes) else shapes
    return shapely.GeometryCollection([part for part in parts if not part.is_empty])


def _towns(collection: Json, around: Bounds) -> list[Json]:
    west, south, east, north = around
    towns = [
        {
            "at": [round(float(x), 4) for x in feature["geometry"]["coordinates"]],
            "name": both(feature["properties"]["name_en"], feature["properties"]["name_he"]),
            "rank": feature["properties"]["rank"],
        }
        for feature in collection["features"]
    ]
    inside = [town for town in towns if west <= town["at"][0] <= east and south <= town["at"][1] <= north]
    return sorted(inside, key=lambda town: (town["rank"], town["name"]["en"]))[:_TOWNS]
