"""Words for people, English and Hebrew: distances, verdicts, roles and the rest of the vocabulary, each said once."""

from typing import Literal

import pandas as pd

from geoprox.model.vocabulary import LinkType, Outcome, Relation, RiskClass, Role, Status, Verdict

Language = Literal["en", "he"]
LANGUAGES: tuple[Language, ...] = ("en", "he")

WORDS: dict[str, tuple[str, str]] = {
    Verdict.WITHIN: ("within", "בתחום"),
    Verdict.POSSIBLE: ("possible", "אפשרי"),
    Verdict.OUTSIDE: ("outside", "מחוץ לתחום"),
    Outcome.NOTE: ("note", "לרשום"),
    Outcome.NOTIFY: ("notify", "ליידע"),
    Outcome.CONSULT: ("consult", "להיוועץ"),
    Outcome.PERMIT: ("ask for a permit", "לבקש היתר"),
    Outcome.PROHIBIT: ("prohibited by the rule cited", "אסור על פי הכלל המצוטט"),
    Role.OWNER: ("owner", "בעלים"),
    Role.BUILDER: ("builder", "קבלן מבצע"),
    Role.OPERATOR: ("operator", "מפעיל"),
    Role.FINANCIER: ("lender", "מממן"),
    Role.PARTNER: ("partner", "שותף"),
    Role.SUPPLIER: ("supplier", "ספק"),
    Role.BIDDER: ("bidder", "מציע במכרז"),
    LinkType.STATE_OWNED: ("state-owned", "בבעלות מדינה"),
    LinkType.GOVERNMENT_BODY: ("government body", "גוף ממשלתי"),
    LinkType.PRIVATE: ("private", "פרטי"),
    LinkType.MUNICIPAL_TIE: ("municipal tie", "קשר עירוני"),
    LinkType.ACADEMIC: ("academic", "אקדמי"),
    Status.PROPOSED: ("proposed", "מוצע"),
    Status.PLANNED: ("planned", "מתוכנן"),
    Status.UNDER_CONSTRUCTION: ("under construction", "בבנייה"),
    Status.OPERATING: ("operating", "פעיל"),
    Status.FROZEN: ("frozen", "מוקפא"),
    Status.CANCELLED: ("cancelled", "בוטל"),
    Status.CLOSED: ("closed", "סגור"),
    RiskClass.HIGH: ("high", "גבוהה"),
    RiskClass.MEDIUM: ("medium", "בינונית"),
    RiskClass.LOW: ("low", "נמוכה"),
    RiskClass.NONE: ("none found", "לא נמצא"),
    "unknown": ("not known", "לא ידוע"),
    Relation.SAME_SITE: ("the same site", "אותו אתר"),
}

ATTRIBUTES: dict[str, tuple[str, str]] = {
    "link_country": ("the country of the link", "מדינת הזיקה"),
    "link_type": ("the kind of link", "סוג הזיקה"),
    "link_status": ("the state of the link", "מצב הזיקה"),
    "ownership_share": ("the ownership share", "שיעור הבעלות"),
    "role": ("the role of the party", "תפקיד הגורם"),
    "agreement_published": ("whether the agreement is public", "פומביות ההסכם"),
    "military_component": ("whether the port has a military component", "קיומו של רכיב צבאי בנמל"),
    "system": ("the kind of system", "סוג המערכת"),
    "status": ("the status", "המצב"),
    "kind": ("the kind of feature", "סוג הפריט"),
}


def say_attribute(name: str, language: Language) -> str:
    """Return what a column is, in words; a column without words by its name.

    >>> say_attribute("link_status", "en")
    'the state of the link'
    """
    return ATTRIBUTES.get(name, (name, name))[LANGUAGES.index(language)]


def say(value: str, language: Language) -> str:
    """Return a vocabulary value in words; a value without words reads as itself.

    ``unknown`` reads "not known", whatever it is that is not known.

    >>> say("within", "he")
    'בתחום'
    """
    plain = value.replace("_", " ")
    return WORDS.get(value, (plain, plain))[LANGUAGES.index(language)]


def say_share(share: float) -> str:
    """Return the likelihood of a possible finding in percent; neither none nor all, however near it comes.

    >>> say_share(0.0), say_share(0.42), say_share(0.998)
    ('<1%', '42%', '>99%')
    """
    return "<1%" if share < 0.01 else ">99%" if share > 0.99 else f"{share:.0%}"


def say_distance(metres: float, language: Language, *, doubt_m: float = 0.0) -> str:
    """Return a distance with no more digits than its doubt allows.

    >>> say_distance(985.3, "en")
    '985 m'
    >>> say_distance(2446.1, "en", doubt_m=1230)
    '2.4 km'
    >>> say_distance(985.3, "en", doubt_m=800)
    '1 km'
    """
    if pd.isna(metres):
        return "not known" if language == "en" else "לא ידוע"
    step = 1 if doubt_m < 10 else 10 if doubt_m < 100 else 100 if doubt_m < 5000 else 1000
    rounded = round(metres / step) * step
    metre, kilometre = ("m", "km") if language == "en" else ("מ'", 'ק"מ')
    if rounded < 1000:
        return f"{rounded:.0f} {metre}"
    digits = {1: 2, 10: 2, 100: 1}.get(step, 0)
    return (
        f"{rounded / 1000:,.{digits}f}".rstrip("0").rstrip(".") + f" {kilometre}"
        if digits
        else f"{rounded / 1000:,.0f} {kilometre}"
    )
