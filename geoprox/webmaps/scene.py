"""What a map shows, as one value that can be written as JSON.

All that is said of the data is settled here. The page's script settles only how it is shown at each zoom: which symbols
stand together, which labels have room, what is switched on.
"""

from difflib import get_close_matches

import geopandas as gpd
import pandas as pd

from geoprox.errors import DefinitionError
from geoprox.model.briefing import MapDefinition
from geoprox.model.policy import Rule
from geoprox.model.values import Assessment, Layers
from geoprox.webmaps.base import base_map
from geoprox.webmaps.content import feature_cards
from geoprox.webmaps.findings import finding_cards, rule_cards, sorted_findings
from geoprox.webmaps.legend import caveats, layer_entries, sources, unread
from geoprox.webmaps.selfcontained import TILES
from geoprox.webmaps.view import Json, View, coordinates, make_view, shown_features, spot
from geoprox.webmaps.words import PAGE, Text, both, word
from geoprox.webmaps.zones import nearest_lines, overlap_shapes, ring_rules, ring_shapes, zones_of

# above this, the accuracy circles of a country hide the country; they can be switched on
_MANY_CIRCLES = 30
_PLACES = "municipalities"


def make_scene(assessment: Assessment, layers: Layers, definition: MapDefinition) -> Json:
    """Return everything a map shows, its words included.

    Raises
    ------
    DefinitionError
        The map names a layer, a rule or a feature that there is not.
    """
    rules = ring_rules(assessment.policy, definition, as_of=assessment.as_of)
    view = make_view(definition.bounds)
    shown = shown_features(layers, definition, view, assessment.excluded["feature_id"])
    features = shown[shown["layer"] != _PLACES].reset_index(drop=True)
    _require_labels(definition, layers)
    mine = assessment.findings["subject_id"].isin(set(features["feature_id"]))
    findings = sorted_findings(assessment.findings[mine], assessment.pairs)
    circles = circle_shapes(features)
    return {
        **_words(definition, assessment, layers),
        "bounds": view.bounds,
        "around": view.around,
        "base": base_map(view),
        "layers": layer_entries(layers, definition, features),
        "features": feature_cards(features, layers, assessment),
        "towns": _towns(shown[shown["layer"] == _PLACES]),
        "outlines": _outlines(features),
        "circles": circles,
        "showCircles": len([circle for circle in circles if circle["inFrame"]]) <= _MANY_CIRCLES,
        **_drawn_rules(rules, features, findings, view),
        "lines": nearest_lines(findings, features),
        "findings": finding_cards(findings, feature_names(layers)),
        "listed": _listed(findings, features, definition.rings),
        "rules": rule_cards(assessment.policy, layers),
        "label": [name for name in definition.label if name in set(features["feature_id"])],
    }


def feature_names(layers: Layers) -> dict[str, Text]:
    """Return the name of every feature of every layer."""
    frames = (frame[["feature_id", "name_en", "name_he"]].to_dict("records") for frame in layers.frames.values())
    return {row["feature_id"]: both(row["name_en"], row["name_he"]) for rows in frames for row in rows}


def circle_shapes(features: gpd.GeoDataFrame) -> list[Json]:
    """Return the circles that surely hold the positions of points; features of a layer that share one come once."""
    vague = features[(features.geometry.geom_type == "Point") & ~features["wide"] & (features["accuracy_m"] > 0)]
    place = vague.geometry.apply(spot).astype(str)
    groups = vague.groupby([place, vague["accuracy_m"], vague["layer"]], sort=False)
    return [
        {
            "at": spot(group.geometry.iloc[0]),
            "radius_m": float(group["accuracy_m"].iloc[0]),
            "layer": group["layer"].iloc[0],
            "features": group["feature_id"].tolist(),
            "inFrame": bool(group["in_frame"].any()),
        }
        for _, group in groups
    ]


def _words(definition: MapDefinition, assessment: Assessment, layers: Layers) -> Json:
    return {
        "title": both(definition.title_en, definition.title_he),
        "intro": both(definition.intro_en, definition.intro_he),
        "asOf": assessment.as_of.isoformat(),
        "notes": unread(layers, definition)
        + [both(*pair) for pair in zip(definition.notes_en, definition.notes_he, strict=True)],
        "caveats": caveats(assessment, layers),
        "sources": sources(assessment, layers, definition.layers),
        "words": _page_words(layers, definition),
        "tiles": f"{TILES}/{{z}}/{{x}}/{{y}}.png",
        "verdicts": {verdict: word("verdict", verdict) for verdict in ("within", "possible", "unknown")},
        "applies": both("applies", "חל"),
    }


def _page_words(layers: Layers, definition: MapDefinition) -> dict[str, Text]:
    """Return the words of the page: where a layer could not be read, no finding is no sign that there is none."""
    if all(name in layers.frames for name in definition.layers):
        return dict(PAGE)
    return {**PAGE, "nothing": PAGE["nothing_read"]}


def _require_labels(definition: MapDefinition, layers: Layers) -> None:
    if any(name not in layers.frames for name in definition.layers):
        # what is found nowhere may be a feature of the layer that could not be read
        return
    known = [i for name in definition.layers for i in layers.frames[name]["feature_id"]]
    strange = [name for name in definition.label if name not in set(known)]
    if strange:
        told = "; ".join(_told(name, known) for name in strange)
        raise DefinitionError(f"label: {told}; name features of the layers of the map ({', '.join(definition.layers)})")


def _told(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known)
    return f"there is no feature {name!r}" + (f", did you mean {' or '.join(near)}?" if near else "")


def _outlines(features: gpd.GeoDataFrame) -> list[Json]:
    drawn = features[features.geometry.geom_type.isin(["Polygon", "MultiPolygon", "LineString", "MultiLineString"])]
    rows = drawn.to_dict("records")
    return [
        {"feature": row["feature_id"], "layer": row["layer"], "shape": coordinates(row["geometry"])} for row in rows
    ]


def _towns(places: gpd.GeoDataFrame) -> list[Json]:
    """Return the municipalities as labels, the largest first."""
    rows = places[~places["wide"]].sort_values(["accuracy_m", "feature_id"], ascending=[False, True]).to_dict("records")
    return [{"at": spot(row["geometry"]), "name": both(row["name_en"], row["name_he"])} for row in rows]


def _drawn_rules(rules: list[Rule], features: gpd.GeoDataFrame, findings: pd.DataFrame, view: View) -> Json:
    zones = {rule.id: zones_of(rule, features, view.half_m) for rule in rules}
    names = {row["feature_id"]: both(row["name_en"], row["name_he"]) for row in features.to_dict("records")}
    return {
        "ringRules": [{"id": rule.id, "layer": rule.object_layer} for rule in rules],
        "rings": [ring for rule in rules for ring in ring_shapes(rule, zones[rule.id], names)],
        "overlaps": [
            shape for rule in rules for shape in overlap_shapes(rule, zones[rule.id], findings, features, names)
        ],
    }


def _listed(findings: pd.DataFrame, features: gpd.GeoDataFrame, first: tuple[str, ...]) -> list[list[int]]:
    """Return which findings the list beside the map shows, a pair's findings of one likelihood together.

    They are those that could be assessed, of subjects and objects that lie in the frame: ``first`` those of the rules
    that the map is about, last those that concern no object.
    """
    framed = set(features.loc[features["in_frame"] & ~features["wide"], "feature_id"])
    here = findings["subject_id"].isin(framed) & (findings["object_id"].isin(framed) | findings["object_id"].isna())
    listed = findings[here & (findings["verdict"] != "unknown")]
    # rules on one pair may differ in verdict and likelihood: under one heading they would lend each other theirs
    pairs = listed.groupby(["subject_id", listed["object_id"].fillna(""), "verdict", "likelihood"], sort=False)
    groups = [
        ([int(k) for k in rows.index], bool(rows["object_id"].isna().all()), not rows["rule_id"].isin(first).any())
        for _, rows in pairs
    ]
    return [group for group, *_ in sorted(groups, key=lambda g: (g[1], g[2], g[0]))]
