"""The frames that pass between the stages: their column names, order, and which values a column takes.

A column is named once, here. ``FEATURES`` is common to every layer; ``LAYER_COLUMNS`` adds what one layer has of
its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from geoprox.model import vocabulary as v

CRS = "EPSG:4326"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What a column of a layer or table may hold."""

    name: str
    about: str
    kind: str = "text"  # text, country, number, date, share
    allowed: type[StrEnum] | None = None
    required: bool = False


SOURCED = (
    Column(name="source", about="who says so, as a reader would cite it", required=True),
    Column(name="source_url", about="where it can be read; empty where the source has no address"),
    Column(name="source_type", about="who says it", allowed=v.SourceType, required=True),
    Column(name="retrieved", about="day on which the source was read", kind="date", required=True),
    Column(name="verification", about="how well it is established", allowed=v.Verification, required=True),
)

FEATURES = (
    Column(name="feature_id", about="unique and stable", required=True),
    Column(name="kind", about="what the thing is, in one word", required=True),
    Column(name="name_en", about="English name", required=True),
    Column(name="name_he", about="Hebrew name", required=True),
    Column(name="municipality", about="where it lies, in words; never used to clip"),
    Column(name="accuracy_m", about="radius that surely holds the true position", kind="number", required=True),
    Column(name="precision", about="how the position was obtained", allowed=v.Precision, required=True),
    Column(name="status", about="what has become of it", allowed=v.Status, required=True),
    Column(name="valid_from", about="first day, month or year; empty: not known", kind="date"),
    Column(name="valid_to", about="last day, month or year; empty: open or not known", kind="date"),
    *SOURCED,
    Column(name="note", about="what sources contradict, and what is not known"),
)

LAYER_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "foreign_projects": (
        Column(name="same_as", about="feature_id of the protected site that this project is part of"),
    ),
    "ports": (
        Column(name="military_component", about="military part", allowed=v.MilitaryComponent, required=True),
        Column(name="operator", about="who runs it"),
        Column(name="owner", about="who owns it"),
    ),
    "defence_sites": (
        Column(name="operator", about="who runs it"),
        Column(name="parent", about="whose company it is"),
    ),
    "smart_city": (
        Column(name="system", about="what the system does", allowed=v.System, required=True),
        Column(name="vendor", about="who supplies it; empty: not public"),
    ),
    "municipalities": (),
}

LINKS = (
    Column(name="link_id", about="unique and stable", required=True),
    Column(name="feature_id", about="the feature that the party is linked to", required=True),
    Column(name="party_id", about="the party, from parties.csv; empty: not named by the source"),
    Column(name="link_country", about="ISO 3166 alpha-2; empty: not known", kind="country"),
    Column(name="link_type", about="what stands behind the party", allowed=v.LinkType, required=True),
    Column(name="ownership_share", about="0..1; empty: not known or no ownership", kind="share"),
    Column(name="role", about="what the party does", allowed=v.Role, required=True),
    Column(name="link_status", about="what has become of the link", allowed=v.LinkStatus, required=True),
    Column(name="valid_from", about="first day, month or year; empty: not known", kind="date"),
    Column(name="valid_to", about="last day, month or year; empty: open or not known", kind="date"),
    Column(name="agreement_id", about="the agreement it rests on; empty: none known"),
    Column(name="agreement_published", about="is that agreement public", allowed=v.Published, required=True),
    *SOURCED,
    Column(name="note", about="what sources contradict, and what is not known"),
)

PARTIES = (
    Column(name="party_id", about="unique and stable", required=True),
    Column(name="name_en", about="English name", required=True),
    Column(name="name_he", about="Hebrew name; empty: none found"),
    Column(name="name_zh", about="Chinese name; empty: none found"),
    Column(name="country", about="ISO 3166 alpha-2; empty: not known", kind="country"),
    Column(name="parent_id", about="the party above it; empty: none or not known"),
    *SOURCED,
    Column(name="note", about="what sources contradict, and what is not known"),
)

AUTHORITIES = (
    Column(name="authority_id", about="unique and stable", required=True),
    Column(name="name_en", about="English name", required=True),
    Column(name="name_he", about="Hebrew name", required=True),
    Column(name="abbreviation", about="as used in practice"),
    Column(name="remit_en", about="what it is in charge of", required=True),
    Column(name="remit_he", about="the same in Hebrew", required=True),
    *SOURCED,
    Column(name="note", about="what sources contradict, and what is not known"),
)

TABLES: Mapping[str, tuple[Column, ...]] = {"links": LINKS, "parties": PARTIES, "authorities": AUTHORITIES}

ISSUES = ("layer", "row", "column", "code", "action", "message", "remedy")
COVERAGE = ("layer", "state", "features", "as_of", "extent", "message")

PAIRS = (
    "subject_id",
    "object_id",
    "distance_m",
    "distance_min_m",
    "distance_max_m",
    "relation",
    "overlap_m2",
    "overlap_share",
    "bearing_deg",
)

FINDINGS = (
    "finding_id",
    "subject_id",
    "object_id",
    "rule_id",
    "verdict",
    "likelihood",
    "distance_m",
    "distance_min_m",
    "distance_max_m",
    "threshold_m",
    "outcome",
    "authority",
    "link_id",
    "reason_en",
    "reason_he",
    "citation",
    "policy_id",
    "policy_version",
    "as_of",
)

TABLE = (
    "subject_id",
    "name_en",
    "name_he",
    "risk_class",
    "risk_score",
    "site_sensitivity",
    "foreign_link",
    "likelihood",
    "nearest_site",
    "nearest_site_en",
    "nearest_site_he",
    "distance_m",
    "distance_min_m",
    "distance_max_m",
    "within_count",
    "possible_count",
    "unknown_count",
    "link_count",
    "authorities_en",
    "authorities_he",
    "deciding_link",
    "reasons_en",
    "reasons_he",
    "factors_en",
    "factors_he",
    "layer",
    "kind",
    "status",
    "precision",
    "accuracy_m",
    "sources",
    "as_of",
    "geometry",
)
