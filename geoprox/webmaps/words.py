"""The words of the maps in English and Hebrew: the vocabulary of the layers, and what the page itself says."""

from collections.abc import Mapping

import pandas as pd

from geoprox.model.wording import LANGUAGES, say

Text = dict[str, str]


def both(english: object, hebrew: object = None) -> Text:
    """Return a text in both languages; where there is no Hebrew, the English stands in.

    >>> both("Eilat", "אילת")
    {'en': 'Eilat', 'he': 'אילת'}
    >>> both("Eilat")
    {'en': 'Eilat', 'he': 'Eilat'}
    """
    first = plain(english)
    second = plain(hebrew)
    return {"en": first or second, "he": second or first}


def plain(value: object) -> str:
    """Return a value of a frame as text; a missing one as empty text."""
    return "" if value is None or bool(pd.isna(value)) else str(value)  # type: ignore[call-overload]


def word(list_name: str, value: object) -> Text:
    """Return what a value of a closed list is called; a value without an entry here is said as everywhere in geoprox.

    >>> word("verdict", "within")
    {'en': 'within', 'he': 'בתחום'}
    """
    key = plain(value)
    return VOCABULARY.get(list_name, {}).get(key) or {lang: say(key, lang) for lang in LANGUAGES}


def joined(parts: list[Text], separator: str = " · ") -> Text:
    """Join texts in each language, leaving out what is empty."""
    return {lang: separator.join(part[lang] for part in parts if part[lang]) for lang in LANGUAGES}


def _list(**pairs: str) -> dict[str, Text]:
    """Read ``value="English | Hebrew"``."""
    return {value: both(*(side.strip() for side in pair.split("|"))) for value, pair in pairs.items()}


# what the cards say of values beyond the words that all of geoprox shares; empty: not worth a word
VOCABULARY: Mapping[str, Mapping[str, Text]] = {
    "status": _list(unknown="status not known | מצב לא ידוע"),
    "link_type": _list(unknown=""),
    "role": _list(unknown="role not known | תפקיד לא ידוע"),
    "precision": _list(
        footprint="outline known | קו המתאר ידוע",
        parcel="known by its parcel | ידוע לפי חלקה",
        address="known by its address | ידוע לפי כתובת",
        street="known by its street | ידוע לפי רחוב",
        locality="known by its neighbourhood | ידוע לפי סביבה",
        admin="known by its municipality only | ידוע לפי רשות בלבד",
    ),
    "verification": _list(
        unverified="unverified | לא אומת",
        single_source="single source | מקור יחיד",
        corroborated="corroborated | נתמך בכמה מקורות",
        verified="verified | מאומת",
        disputed="disputed | שנוי במחלוקת",
    ),
    "source_type": _list(
        official_register="official register | מרשם רשמי",
        self_declaration="own statement | הצהרה עצמית",
        third_party="third party | צד שלישי",
        primary_research="primary research | מחקר ראשוני",
    ),
    "link_status": _list(
        active="active | פעיל",
        done="done | הושלם",
        planned="planned | מתוכנן",
        frozen="frozen | מוקפא",
        cancelled="cancelled | בוטל",
        ended="ended | הסתיים",
        lost="bid lost | הפסיד במכרז",
        unknown="",
    ),
    "agreement_published": _list(
        true="agreement published | הסכם שפורסם", false="agreement kept secret | הסכם הנשמר בסוד", unknown=""
    ),
    "military_component": _list(
        yes="yes | יש",
        partly="partly | חלקי",
        none_found="none found in public sources | לא נמצא במקורות גלויים",
        unknown="not known | לא ידוע",
    ),
    "coverage": _list(
        read="read | נקראה",
        empty="empty | ריקה",
        missing="missing | חסרה",
        failed="could not be read | לא ניתנה לקריאה",
    ),
    "system": _list(
        cctv="cameras | מצלמות",
        traffic="traffic control | בקרת תנועה",
        telecom="communication | תקשורת",
        command_control="command and control | שליטה ובקרה",
        transit="public transport | תחבורה ציבורית",
        lighting="lighting | תאורה",
        plate_recognition="plate recognition | זיהוי לוחיות רישוי",
        sensors="sensors | חיישנים",
        unknown="not known | לא ידוע",
    ),
    "kind": _list(
        academic="academic institution | מוסד אקדמי",
        buses="buses | אוטובוסים",
        cameras="cameras | מצלמות",
        coal_port="coal port | נמל פחם",
        commercial_port="commercial port | נמל מסחרי",
        container_port="container port | נמל מכולות",
        control_room="control room | חדר בקרה",
        cultural_centre="cultural centre | מרכז תרבות",
        dairy="dairy | מחלבה",
        desalination="desalination plant | מתקן התפלה",
        embassy="embassy | שגרירות",
        factory="factory | מפעל",
        free_trade_zone="free-trade zone | אזור סחר חופשי",
        gas_field="gas field | שדה גז",
        headquarters="headquarters | מטה חברה",
        hitech_buildings="hi-tech buildings | בנייני היי-טק",
        hitech_park="hi-tech park | פארק היי-טק",
        housing="housing | מגורים",
        industrial_council="industrial council | מועצה תעשייתית",
        light_rail="light rail | רכבת קלה",
        logistics_centre="logistics centre | מרכז לוגיסטי",
        municipality="municipality | עירייה או מועצה",
        naval_base="naval base | בסיס חיל הים",
        naval_yard="naval yard | מספנת חיל הים",
        network="network | רשת",
        office="office | משרד",
        oil_port="oil port | נמל נפט",
        pipeline="pipeline | קו צינור",
        plant="plant | מפעל",
        platform="platform | פלטפורמה",
        port_equipment="port equipment | ציוד נמל",
        port_terminal="port terminal | מסוף נמל",
        power_plant="power plant | תחנת כוח",
        programme="programme | תוכנית",
        railway="railway | מסילת ברזל",
        regional_council="regional council | מועצה אזורית",
        research_centre="research centre | מרכז מחקר",
        sensors="sensors | חיישנים",
        shipyard="shipyard | מספנה",
        site="site | אתר",
        solar="solar field | שדה סולארי",
        towers="towers | מגדלים",
        traffic_control="traffic control | בקרת תנועה",
        transit_system="transit system | מערכת תחבורה",
        tunnel="tunnel | מנהרה",
    ),
    "country": _list(
        AE="United Arab Emirates | איחוד האמירויות",
        CH="Switzerland | שווייץ",
        CN="China | סין",
        DE="Germany | גרמניה",
        ES="Spain | ספרד",
        FR="France | צרפת",
        GB="United Kingdom | בריטניה",
        HK="Hong Kong | הונג קונג",
        IL="Israel | ישראל",
        IN="India | הודו",
        IT="Italy | איטליה",
        JP="Japan | יפן",
        NL="Netherlands | הולנד",
        PT="Portugal | פורטוגל",
        RU="Russia | רוסיה",
        TR="Türkiye | טורקיה",
        US="United States | ארצות הברית",
    ),
}

# what the page says of itself; the scripts ask for these by name
PAGE: Mapping[str, Text] = _list(
    findings="What is near what | מה קרוב למה",
    legend="Layers and legend | שכבות ומקרא",
    notes="Read with care | הערות לקריאת המפה",
    about="About the data | על הנתונים",
    all_findings="Show all | להציג הכול",
    nothing="No rule applies to what this map shows. | שום כלל אינו חל על המוצג במפה זו.",
    nothing_read="A layer of this map could not be read; in the others no rule applies."
    " | אחת משכבות המפה לא ניתנה לקריאה; באחרות שום כלל אינו חל.",
    panel="Findings, legend and notes | ממצאים, מקרא והערות",
    zoom_here="Zoom in here | להתקרב לכאן",
    likelihood="likelihood | סבירות",
    limit="Distance of the rule | מרחק הכלל",
    parties="Who is linked | הגורמים הקשורים",
    its_findings="What the rules say | מה אומרים הכללים",
    no_findings="No rule applies. | שום כלל אינו חל.",
    as_object="Near it | בקרבתו",
    source="Source | מקור",
    more="Reason and citation | הנמקה וסימוכין",
    citation="Citation | סימוכין",
    refer="Refer to | לפנות אל",
    asks="It asks to | הכלל מבקש",
    overlap="Overlap | חפיפה",
    overlap_of="The area known for | השטח הידוע של",
    meets="meets the zone around | פוגש את התחום סביב",
    towns="Names of towns | שמות יישובים",
    tiles="Street map (needs internet) | מפת רחובות (דורשת אינטרנט)",
    tiles_credit="© OpenStreetMap contributors | © התורמים ל-OpenStreetMap",
    wide="Vaguer than this map, so not drawn | מיקומם כללי מכדי לציירם במפה זו",
    zoom_in="Zoom in | להתקרב",
    zoom_out="Zoom out | להתרחק",
    language="עברית | English",
    whole="Whole map | כל המפה",
    close="Close | לסגור",
    legend_hollow="Hollow: the position is vague, somewhere in its circle | סמל חלול: מיקום משוער, במקום כלשהו במעגלו",
    legend_chip="Number: several at one place; touch to list them | מספר: כמה פריטים במקום אחד; לחיצה מציגה אותם",
    legend_circle="Dashed circle: the true position lies somewhere in it | מעגל מקווקו: המיקום האמיתי נמצא בתוכו",
    legend_overlap="Filled: within the distance of a rule | מלא: בתחום המרחק של כלל",
    legend_possible="Hatched: may be within it, the position is too vague to say"
    " | מקווקו באלכסון: ייתכן שבתחום, המיקום אינו מדויק דיו כדי לקבוע",
    legend_line="Line: shortest distance of a finding within | קו: המרחק הקצר ביותר בממצא שבתחום",
    legend_outer="Dotted ring: the position is vaguer than the rule's distance; the rule may reach as far as this."
    " Around what is vaguer still there is no ring"
    " | טבעת מנוקדת: המיקום מדויק פחות ממרחק הכלל; עד כאן הכלל עשוי להגיע. סביב מיקום מדויק עוד פחות אין טבעת",
    omitted="Left out on purpose: | הושמט במכוון:",
    base="Base map | מפת הרקע",
)
