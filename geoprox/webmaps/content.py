"""What a card says of each feature: its facts, and who is linked to it."""

from collections.abc import Sequence
from datetime import date

import geopandas as gpd
import pandas as pd

from geoprox.model.dates import valid_on
from geoprox.model.values import Assessment, Layers
from geoprox.webmaps.lengths import length_text
from geoprox.webmaps.view import Json, Row, spot
from geoprox.webmaps.words import Text, both, joined, plain, word

_VAGUE = ("locality", "admin")


def feature_cards(shown: gpd.GeoDataFrame, layers: Layers, assessment: Assessment) -> list[Json]:
    """Return the content of every shown feature, in the order of the frame."""
    parties = _parties_by_feature(layers, assessment.as_of)
    classes = dict(zip(assessment.table["subject_id"], assessment.table["risk_class"], strict=True))
    # each row becomes a card of its own words: there is nothing here to vectorise
    return [
        _card(row, parties.get(row["feature_id"], []), classes.get(row["feature_id"]))
        for row in shown.to_dict("records")
    ]


def position_text(row: Row) -> Text:
    """Return how well the position of a feature is known, with the radius that surely holds it."""
    how = word("precision", row["precision"])
    radius = length_text(float(row["accuracy_m"]))
    if row["precision"] in _VAGUE:
        within = both(f"somewhere within {radius['en']} of the symbol", f"במקום כלשהו עד {radius['he']} מהסמל")
    else:
        within = both(f"good to {radius['en']}", f"בדיוק של {radius['he']}")
    return joined([how, within])


def _card(row: Row, parties: Sequence[Json], risk_class: object) -> Json:
    return {
        "id": row["feature_id"],
        "layer": row["layer"],
        "name": both(row["name_en"], row["name_he"]),
        "summary": joined([word("kind", row["kind"]), word("status", row["status"])]),
        "class": _class_text(risk_class),
        "hollow": row["precision"] in _VAGUE,
        "wide": bool(row["wide"]),
        "inFrame": bool(row["in_frame"]),
        "at": None if row["geometry"] is None or row["geometry"].is_empty else spot(row["geometry"]),
        "radius": length_text(float(row["accuracy_m"])) if row["precision"] in _VAGUE else None,
        "facts": [[label, value] for label, value in _facts(row) if value["en"]],
        "note": both(row.get("note")),
        "source": _source(row),
        "url": _address(row["source_url"]),
        "parties": list(parties),
    }


def _class_text(risk_class: object) -> Json:
    """Return the class as a value and in words; features that are no subjects have none."""
    return (
        {
            "value": plain(risk_class),
            "text": joined([both("Risk class", "רמת סיכון"), word("risk_class", risk_class)], ": "),
        }
        if plain(risk_class)
        else None
    )


def _facts(row: Row) -> list[tuple[Text, Text]]:
    return [
        (both("Position", "מיקום"), position_text(row)),
        (both("Municipality", "רשות"), both(row.get("municipality"))),
        (both("Period", "תקופה"), _period(row)),
        (both("Military part", "רכיב צבאי"), _known("military_component", row)),
        (both("System", "מערכת"), _known("system", row)),
        (both("Run by", "מפעיל"), both(row.get("operator"))),
        (both("Company", "חברת אם"), both(row.get("parent"))),
        (both("Supplier", "ספק"), both(row.get("vendor"))),
    ]


def _known(column: str, row: Row) -> Text:
    return word(column, row[column]) if plain(row.get(column)) else both("")


def _period(row: Row) -> Text:
    first, last = plain(row["valid_from"]), plain(row["valid_to"])
    if first and last:
        return both(f"{first} – {last}")
    if first:
        return both(f"since {first}", f"מאז {first}")
    return both(f"until {last}", f"עד {last}") if last else both("")


def _source(row: Row) -> Text:
    read = both(f"read on {row['retrieved']}", f"נקרא ביום {row['retrieved']}")
    return joined(
        [both(row["source"]), word("source_type", row["source_type"]), word("verification", row["verification"]), read]
    )


def _address(value: object) -> str:
    """Return a web address, and nothing that a browser would run or open from the disk."""
    address = plain(value)
    return address if address.startswith(("https://", "http://")) else ""


def _parties_by_feature(layers: Layers, day: date) -> dict[str, list[Json]]:
    """Return the linked parties of each feature, those of the day first: what is over, or yet to come, is said so."""
    if "links" not in layers.tables:
        return {}
    links = layers.tables["links"]
    if "parties" in layers.tables:
        names = layers.tables["parties"].set_index("party_id")[["name_en", "name_he"]]
        links = links.join(names, on="party_id")
    else:
        links = links.assign(name_en=links["party_id"], name_he="")
    links = links.assign(holds=valid_on(links, day)).sort_values("holds", ascending=False, kind="stable")
    rows = links.to_dict("records")
    return {
        str(feature): [_party(rows[k], day) for k in at]
        for feature, at in links.groupby("feature_id", sort=True).indices.items()
    }


def _party(link: Row, day: date) -> Json:
    name = both(link["name_en"], link["name_he"])
    if not name["en"]:
        name = both("party not named", "גורם שלא ננקב בשמו")
    what = joined(
        [
            word("country", link["link_country"]),
            word("role", link["role"]),
            word("link_type", link["link_type"]),
            _share(link["ownership_share"]),
            word("link_status", link["link_status"]),
            _period(link),
            both("") if link["holds"] else both(f"not in force on {day}", f"לא בתוקף ביום {day}"),
            word("agreement_published", link["agreement_published"]),
        ],
        ", ",
    )
    return {"name": name, "what": what}


def _share(value: float | None) -> Text:
    return both("") if pd.isna(value) else both(f"{float(value) * 100:.4g} %")
