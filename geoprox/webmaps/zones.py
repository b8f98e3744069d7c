"""What rules draw: rings around objects, what subjects have in common with them, and the line to the nearest point.

All of it is drawing. No verdict is taken from it: verdicts come from distances.
"""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoprox import geodesy
from geoprox.errors import DefinitionError
from geoprox.geodesy.zones import MAX_RADIUS_M
from geoprox.model.briefing import MapDefinition
from geoprox.model.filters import answer
from geoprox.model.policy import Policy, Rule
from geoprox.webmaps.lengths import area_text, distance_text, length_text, share_text
from geoprox.webmaps.view import Json, Row, coordinates
from geoprox.webmaps.words import Text, both, joined

# a position vaguer than this many times a rule's distance says too little for a ring or an overlap; its verdicts stand
_TOO_VAGUE = 2.0


def ring_rules(policy: Policy, definition: MapDefinition, *, as_of: date) -> list[Rule]:
    """Return the rules whose rings a map asks for, as far as they are in force on the day.

    Raises
    ------
    DefinitionError
        There is no such rule, it has no distance, or the map does not show the layer of its objects.
    """
    known = {rule.id: rule for rule in policy.rule}
    for name in definition.rings:
        if name not in known or known[name].within_m is None:
            choices = ", ".join(rule.id for rule in policy.rule if rule.within_m is not None)
            raise DefinitionError(f"rings: {name!r} is no rule of {policy.id} with a distance; choose from {choices}")
        if known[name].object_layer not in definition.layers:
            raise DefinitionError(
                f"rings: {name!r} is drawn around {known[name].object_layer}; add that to the layers of the map"
            )
    return [known[name] for name in definition.rings if known[name].holds_on(as_of)]


def zones_of(rule: Rule, shown: gpd.GeoDataFrame, widest_m: float) -> pd.DataFrame:
    """Return the zone around each shown object that a rule may mean: ``object_id``, ``radius_m``, ``outer``, ``zone``.

    Where an object's position is vaguer than the rule's distance, a ring at that distance would feign precision:
    ``outer`` is true, and the zone reaches as far as the rule possibly may (distance plus accuracy). Objects still
    vaguer, and zones wider than ``widest_m`` metres or wider than ``buffer`` draws, have none.
    """
    within_m = float(rule.within_m or 0)
    objects = shown[
        (shown["layer"] == rule.object_layer) & ~shown["wide"] & (shown["accuracy_m"] <= _TOO_VAGUE * within_m)
    ]
    objects = objects[answer(rule.object_filter, objects).fillna(value=True).astype(bool)]
    accuracy = objects["accuracy_m"].astype(float).to_numpy()
    outer = accuracy > within_m
    radius = np.where(outer, within_m + accuracy, within_m)
    drawn = (radius <= widest_m) & (radius <= MAX_RADIUS_M)
    objects, radius, outer = objects[drawn], radius[drawn], outer[drawn]
    zone = geodesy.buffer(objects.geometry.to_numpy(), radius)
    return pd.DataFrame(
        {"object_id": objects["feature_id"].to_numpy(), "radius_m": radius, "outer": outer, "zone": zone}
    )


def ring_shapes(rule: Rule, zones: pd.DataFrame, names: dict[str, Text]) -> list[Json]:
    """Return the rings of a rule to draw; objects that share one are named together."""
    same: dict[bytes, list[Row]] = {}
    for row in zones.to_dict("records"):
        same.setdefault(shapely.to_wkb(row["zone"]), []).append(row)
    return [_ring(rule, rows, names) for rows in same.values()]


def overlap_shapes(
    rule: Rule, zones: pd.DataFrame, findings: pd.DataFrame, shown: gpd.GeoDataFrame, names: dict[str, Text]
) -> list[Json]:
    """Return what the area of each subject has in common with the zone of each object near it; equal shapes come once.

    A subject that is part of the object's own site has none, nor has one whose position is too vague for the rule.
    """
    areas = shown[~shown["wide"] & (shown["accuracy_m"] <= _TOO_VAGUE * float(rule.within_m or 0))].set_index(
        "feature_id"
    )["area"]
    mine = findings[
        (findings["rule_id"] == rule.id) & findings["verdict"].isin(["within", "possible"]) & ~findings["own"]
    ]
    mine = mine.merge(zones, on="object_id").merge(areas.rename("area"), left_on="subject_id", right_index=True)
    mine = mine[shapely.get_dimensions(np.asarray(mine["area"], dtype=object)) == 2]  # noqa: PLR2004 -- polygons
    if mine.empty:
        return []
    area, zone = np.asarray(mine["area"], dtype=object), np.asarray(mine["zone"], dtype=object)
    square_m, share = geodesy.overlap(area, zone)
    mine = mine.assign(common=[_polygons(g) for g in shapely.intersection(area, zone)], square_m=square_m, share=share)
    same: dict[tuple[str, bytes], list[Row]] = {}
    for row in mine[mine["square_m"] > 0].to_dict("records"):
        same.setdefault((row["verdict"], shapely.to_wkb(row["common"])), []).append(row)
    return [_overlap(rule, rows, names) for rows in same.values()]


def nearest_lines(findings: pd.DataFrame, shown: gpd.GeoDataFrame) -> list[Json]:
    """Return the line between the nearest points, with the distance, of each pair that a rule finds within."""
    places = shown[~shown["wide"]].reset_index(drop=True)
    at = pd.Series(places.index, index=places["feature_id"])
    mine = findings[
        (findings["verdict"] == "within") & findings["subject_id"].isin(at.index) & findings["object_id"].isin(at.index)
    ]
    mine = mine[mine["distance_m"] > 0].drop_duplicates(["subject_id", "object_id"])
    shapes = places.geometry.to_numpy()
    i, j = (at[mine[column]].to_numpy().astype(np.int64) for column in ("subject_id", "object_id"))
    found = geodesy.nearest(shapes, shapes, i, j)
    doubt = places["accuracy_m"].astype(float).to_numpy()
    return [
        {
            "subject": row["subject_id"],
            "object": row["object_id"],
            "line": np.round([found.lonlat_a[k], found.lonlat_b[k]], 5).tolist(),
            "label": distance_text(float(found.distance_m[k]), float(doubt[i[k]] + doubt[j[k]])),
        }
        for k, row in enumerate(mine.to_dict("records"))
    ]


def _polygons(geometry: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a geometry: areas that only touch elsewhere leave points and lines as well."""
    if not isinstance(geometry, shapely.GeometryCollection):
        return geometry
    return shapely.MultiPolygon([part for part in shapely.get_parts(geometry) if isinstance(part, shapely.Polygon)])


def _ring(rule: Rule, rows: list[Row], names: dict[str, Text]) -> Json:
    first = rows[0]
    length = length_text(float(first["radius_m"]))
    label = {"en": f"up to {length['en']}", "he": f"עד {length['he']}"} if first["outer"] else length
    return {
        "rule": rule.id,
        "objects": [row["object_id"] for row in rows],
        "names": joined([names[row["object_id"]] for row in rows], "; "),
        "outer": bool(first["outer"]),
        "label": label,
        "shape": coordinates(first["zone"]),
    }


def _overlap(rule: Rule, rows: list[Row], names: dict[str, Text]) -> Json:
    first = rows[0]
    size = area_text(float(first["square_m"]))
    share = share_text(float(first["share"]))
    return {
        "rule": rule.id,
        "verdict": first["verdict"],
        "subjects": sorted({row["subject_id"] for row in rows}),
        "objects": sorted({row["object_id"] for row in rows}),
        "objectNames": joined([names[name] for name in sorted({row["object_id"] for row in rows})], "; "),
        "size": joined([size, both(f"{share} of its area", f"{share} משטחו")], ", "),
        "shape": coordinates(first["common"]),
    }
