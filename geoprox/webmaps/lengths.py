"""Lengths and areas in both languages: never more digits than the doubt about them allows."""

import math

from geoprox.model.wording import LANGUAGES, say_distance, say_share
from geoprox.webmaps.words import Text

_CERTAIN_M = 1.0


def length_text(metres: float) -> Text:
    """Return a length in metres that is exact by definition, such as the distance of a rule.

    >>> length_text(5000.0)["en"], length_text(500.0)["en"]
    ('5 km', '500 m')
    """
    return {lang: say_distance(metres, lang) for lang in LANGUAGES}


def distance_text(metres: float, doubt_m: float) -> Text:
    """Return a measured distance, rounded as its doubt demands.

    >>> distance_text(2034.0, 1230.0)["en"], distance_text(417.0, 60.0)["en"]
    ('2 km', '420 m')
    """
    return {lang: say_distance(metres, lang, doubt_m=doubt_m) for lang in LANGUAGES}


def interval_text(metres: float, least_m: float, most_m: float) -> Text:
    """Return a measured distance with the bounds between which it surely lies; without them where there is no doubt.

    >>> interval_text(2034.0, 804.0, 3264.0)["en"]
    '2 km (800 m – 3.3 km)'
    """
    doubt = max(metres - least_m, most_m - metres)
    about, low, high = (distance_text(value, doubt) for value in (metres, least_m, most_m))
    if doubt < _CERTAIN_M:
        return about
    return {lang: f"{about[lang]} ({low[lang]} – {high[lang]})" for lang in LANGUAGES}


def area_text(square_metres: float) -> Text:
    """Return an area in m2 to two digits.

    >>> area_text(663_000.0)
    {'en': '0.66 km²', 'he': '0.66 קמ״ר'}
    """
    step = 10.0 ** (math.floor(math.log10(square_metres)) - 1) if square_metres > 0 else 1.0
    number = f"{round(square_metres / step) * step / 1e6:.6f}".rstrip("0").rstrip(".")
    return {"en": f"{number} km²", "he": f"{number} קמ״ר"}


def share_text(share: float) -> str:
    """Return a share of an area, in 0..1, in percent; what is neither none nor all is never shown as such.

    A likelihood is no such share: what is possible is never none or all, so ``say_share`` says it.

    >>> share_text(0.003), share_text(0.42), share_text(0.998), share_text(1.0)
    ('<1%', '42%', '>99%', '100%')
    """
    return f"{share:.0%}" if share in {0, 1} else say_share(share)
