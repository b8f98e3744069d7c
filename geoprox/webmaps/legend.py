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


def caveats(assessment: Assessment) -> list[Text]:
    """Return what holds for every map: the day, the policy, and what neither can say."""
    policy = assessment.policy
    return [
        both(
            f"Layers as of {assessment.as_of}; policy: {policy.title_en}, version {policy.version}.",
            f"השכבות נכונות ליום {assessment.as_of}; מדיניות: {policy.title_he}, גרסה {policy.version}.",
        ),
        both("The distances are planning assumptions, not law.", "המרחקים הם הנחות תכנון, ולא דין."),
        both("Classified sites are not in the data.", "אתרים מסווגים אינם כלולים בנתונים."),
        both(
            "Foreign origin is not a finding: a finding says what is near what, and who should look.",
            "מקור זר כשלעצמו אינו ממצא: ממצא אומר מה קרוב למה, ומי צריך לבדוק.",
        ),
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
