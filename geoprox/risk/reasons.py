"""The sentence that says why a finding stands, in English and Hebrew.

It says what is how near to what, how surely, and under which rule.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import pandas as pd

from geoprox.model.policy import Rule
from geoprox.model.vocabulary import Relation, Verdict
from geoprox.model.wording import LANGUAGES, Language, say, say_attribute, say_distance, say_share

# a row of a frame, by column
Row: TypeAlias = Mapping[Hashable, object]

# why a finding is unknown: what was missing, and where
CAUSES: Mapping[str, Mapping[Language, str]] = {
    "layer": {"en": "layer {} was not read", "he": "השכבה {} לא נקראה"},
    "position": {"en": "the position of one of the two is not known", "he": "מיקומו של אחד מהשניים אינו ידוע"},
    "object": {"en": "{} of the site is not known", "he": "הנתון {} של האתר אינו ידוע"},
    "subject": {"en": "{} is not known", "he": "הנתון {} אינו ידוע"},
    "link": {"en": "no link of it is on record", "he": "לא רשומה לו זיקה"},
}


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id, in either language: features, layers, authorities, and links as "party (country, role)"."""

    features: Mapping[str, Mapping[Language, str]]
    layers: Mapping[str, Mapping[Language, str]]
    authorities: Mapping[str, Mapping[Language, str]]
    links: Mapping[str, Mapping[Language, str]]

    def authority(self, ids: str, language: Language) -> str:
        """Return the names of authorities joined by semicolons, from their ids joined likewise.

        An id without a name stands for itself.
        """
        return "; ".join(self.authorities.get(i, {}).get(language, i) for i in ids.split("; "))


def reasons(rule: Rule, judged: pd.DataFrame, names: Names) -> tuple[list[str], list[str]]:
    """Return the reason of each finding of a rule, in English and in Hebrew."""
    rows = judged.to_dict("records")
    english, hebrew = ([_reason(rule, row, names, language) for row in rows] for language in LANGUAGES)
    return english, hebrew


def _reason(rule: Rule, row: Row, names: Names, language: Language) -> str:
    if row["verdict"] == Verdict.UNKNOWN:
        sentence = _unknown(rule, row, names, language)
    elif rule.object_layer is None:
        sentence = f"{_name(row['subject_id'], names, language)}: {_title(rule, language)}."
    elif row["relation"] == Relation.SAME_SITE:
        sentence = _same_site(rule, row, names, language)
    elif row["verdict"] == Verdict.WITHIN:
        sentence = _within(rule, row, names, language)
    else:
        sentence = _possible(rule, row, names, language)
    link = names.links.get(str(row["link_id"])) if isinstance(row["link_id"], str) else None
    if not link:
        return sentence
    return f"{sentence} {'Link' if language == 'en' else 'זיקה'}: {link[language]}."


def _within(rule: Rule, row: Row, names: Names, language: Language) -> str:
    subject, site = (_name(row[side], names, language) for side in ("subject_id", "object_id"))
    far, limit, basis = _far(row, language), say_distance(rule.within_m or 0, language), _basis(rule, language)
    if language == "en":
        return f"{subject} is {far} from {site}, within {limit} ({basis})."
    return f"המרחק בין {subject} לבין {site}: {far}, בתחום {limit} ({basis})."


def _possible(rule: Rule, row: Row, names: Names, language: Language) -> str:
    subject, site = (_name(row[side], names, language) for side in ("subject_id", "object_id"))
    low, high = (
        say_distance(float(str(row[end])), language, doubt_m=_doubt(row))
        for end in ("distance_min_m", "distance_max_m")
    )
    limit, basis, share = (
        say_distance(rule.within_m or 0, language),
        _basis(rule, language),
        say_share(float(str(row["likelihood"]))),
    )
    if language == "en":
        return (
            f"{subject} may be within {limit} of {site} ({basis}): positions are known only so far "
            f"that they are {low} to {high} apart; likelihood {share}."
        )
    return (
        f"ייתכן ש{_joined(subject)} בתחום {limit} מ{_joined(site)} ({basis}): "
        f"דיוק המיקומים מאפשר מרחק של {low} עד {high}; סבירות {share}."
    )


def _same_site(rule: Rule, row: Row, names: Names, language: Language) -> str:
    subject, site = (_name(row[side], names, language) for side in ("subject_id", "object_id"))
    limit = say_distance(rule.within_m or 0, language)
    if language == "en":
        return f"{subject} is part of the site itself, {site}, and so within {limit}."
    return f"{subject}: חלק מן האתר עצמו, {site}, ולכן בתחום {limit}."


def _unknown(rule: Rule, row: Row, names: Names, language: Language) -> str:
    who, title = _name(row["subject_id"], names, language), _title(rule, language)
    if isinstance(row["object_id"], str):
        who += f" – {_name(row['object_id'], names, language)}"
    what, _, detail = str(row["why"]).partition(":")
    cause = CAUSES[what][language].format(_detail(what, detail, names, language))
    if language == "en":
        return f'{who}: "{title}" cannot be assessed, because {cause}.'
    return f'{who}: לא ניתן להעריך את הכלל "{title}", משום ש{cause}.'


def _detail(what: str, detail: str, names: Names, language: Language) -> str:
    if what == "layer":
        return names.layers.get(detail, {}).get(language, detail)
    return ", ".join(say_attribute(name, language) for name in detail.split(", "))


def _name(feature_id: object, names: Names, language: Language) -> str:
    if not isinstance(feature_id, str):
        return "Every feature" if language == "en" else "כל הפריטים"
    return names.features.get(str(feature_id), {}).get(language, str(feature_id))


def _far(row: Row, language: Language) -> str:
    """Return the distance, and its interval where there is doubt."""
    distance, low, high = (float(str(row[c])) for c in ("distance_m", "distance_min_m", "distance_max_m"))
    doubt = _doubt(row)
    if doubt == 0:
        return say_distance(distance, language)
    ends = (say_distance(end, language, doubt_m=doubt) for end in (low, high))
    return f"{say_distance(distance, language, doubt_m=doubt)} ({' – '.join(ends)})"


def _doubt(row: Row) -> float:
    return float(str(row["distance_max_m"])) - float(str(row["distance_m"]))


def _title(rule: Rule, language: Language) -> str:
    return rule.title_en if language == "en" else rule.title_he


def _basis(rule: Rule, language: Language) -> str:
    return (rule.distance_basis_en if language == "en" else rule.distance_basis_he) or ""


def _joined(name: str) -> str:
    """Return a name as it follows a Hebrew prefix: a hyphen parts the prefix from Latin letters and digits."""
    return name if "\u05d0" <= name[:1] <= "\u05ea" else f"-{name}"


def link_names(links: pd.DataFrame | None, parties: pd.DataFrame | None) -> dict[str, dict[Language, str]]:
    """Return each link as "party (country, role; first source)" in either language."""
    if links is None:
        return {}
    known = {} if parties is None else parties.set_index("party_id")[["name_en", "name_he"]].to_dict("index")
    rows = links[["link_id", "party_id", "link_country", "role", "source"]].to_dict("records")
    return {str(row["link_id"]): {lang: _link(row, known, lang) for lang in LANGUAGES} for row in rows}


def _link(row: Row, parties: Mapping[Hashable, Row], language: Language) -> str:
    party = parties.get(row["party_id"], {})
    name = _first_known(
        party.get(f"name_{language}"), party.get("name_en"), "party not named" if language == "en" else "גורם שלא צוין"
    )
    country = _first_known(row["link_country"], "country not known" if language == "en" else "מדינה לא ידועה")
    # the first source carries the claim; the others are in the table of links
    source = _first_known(row["source"], "source not known" if language == "en" else "מקור לא ידוע").split(";")[0]
    return f"{name} ({country}, {say(str(row['role']), language)}; {source})"


def _first_known(*values: object) -> str:
    return next(str(v) for v in values if isinstance(v, str))
