"""What the panel says of the layers, the policy and the sources."""

from collections.abc import Iterable

import geopandas as gpd

from geoprox.model.briefing import MapDefinition
from geoprox.model.catalog import LayerEntry
from geoprox.model.values import Assessment, Layers
from geoprox.webmaps.style import layer_styles
from geoprox.webmaps.view import Json, Row
from geoprox.webmaps.words import Text, both, joined, plain, word


def layer_entries(layers: Layers, definition: MapDefinition, features: gpd.GeoDataFrame) -> list[Json]:
    """Return each layer of the map: title, look, number of features shown and, where it was not read, why."""
    styles = layer_styles(definition.layers)
    state = dict(zip(layers.coverage["layer"], layers.coverage["state"], strict=True))
    counts = features.loc[features["in_frame"], "layer"].value_counts()
    return [
        {
            "id": entry.id,
            "title": both(entry.title_en, entry.title_he),
            "colour": styles[entry.id][0],
            "shape": styles[entry.id][1],
            "count": int(counts.get(entry.id, 0)),
            "state": None if state.get(entry.id) == "read" else word("coverage", state.get(entry.id, "missing")),
        }
        for entry in _entries(layers, definition.layers)
    ]


def caveats(assessment: Assessment, layers: Layers) -> list[Text]:
    """Return what holds for every map: the days, the policy and what it says of itself, and what neither can say."""
    policy, day, compiled = assessment.policy, assessment.as_of, layers.catalog.as_of
    return [
        both(
            f"Judged for {day}; layers compiled to {compiled}; policy: {policy.title_en}, version {policy.version}.",
            f"ההערכה ליום {day}; השכבות נכונות ליום {compiled}; מדיניות: {policy.title_he}, גרסה {policy.version}.",
        ),
        both(policy.about_en, policy.about_he),
        both("Classified sites are not in the data.", "אתרים מסווגים אינם כלולים בנתונים."),
        both(
            "Foreign origin is not a finding: a finding says what is near what, and who should look.",
            "מקור זר כשלעצמו אינו ממצא: ממצא אומר מה קרוב למה, ומי צריך לבדוק.",
        ),
    ]


def unread(layers: Layers, definition: MapDefinition) -> list[Text]:
    """Return what a reader has to be told first where no layer of the map could be read; else nothing."""
    if any(name in layers.frames for name in definition.layers):
        return []
    return [
        both(
            "None of the layers of this map could be read: it is empty, which says nothing of what there is.",
            "אף לא אחת משכבות המפה ניתנה לקריאה: המפה ריקה, ואין בכך לומר דבר על הקיים.",
        )
    ]


def sources(assessment: Assessment, layers: Layers, names: Iterable[str]) -> list[Json]:
    """Return for each layer what it covers, what was left out on purpose, its licence and whom to credit."""
    coverage = {row["layer"]: row for row in assessment.coverage.to_dict("records")}
    return [
        {
            "title": both(entry.title_en, entry.title_he),
            "about": both(entry.about_en, entry.about_he),
            "state": _state(coverage.get(entry.id, {})),
            "omitted": [
                joined([both(o.name_en, o.name_he), both(o.reason_en, o.reason_he)], ": ") for o in entry.omitted
            ],
            "credit": entry.attribution,
            "licence": entry.licence,
        }
        for entry in _entries(layers, names)
    ]


def _state(row: Row) -> Text:
    count = plain(row.get("features"))
    counted = both(f"{count} features", f"{count} פריטים") if count else both("")
    return joined([word("coverage", row.get("state", "missing")), counted, both(row.get("message"))])


def _entries(layers: Layers, names: Iterable[str]) -> Iterable[LayerEntry]:
    return (entry for name in names if (entry := layers.catalog.entry(name)) is not None)
