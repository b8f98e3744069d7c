"""The closed lists of values that layers, links and results may hold.

Each list is a ``StrEnum``, so a value read from a file compares equal to its member and prints as itself.
"Unknown" is a member wherever a planner may not know: it is never the same as "no".
"""

from enum import StrEnum


class Precision(StrEnum):
    """How a position was obtained, finest first."""

    FOOTPRINT = "footprint"
    PARCEL = "parcel"
    ADDRESS = "address"
    STREET = "street"
    LOCALITY = "locality"
    ADMIN = "admin"


class Status(StrEnum):
    """What has become of a feature."""

    PROPOSED = "proposed"
    PLANNED = "planned"
    UNDER_CONSTRUCTION = "under_construction"
    OPERATING = "operating"
    FROZEN = "frozen"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class SourceType(StrEnum):
    """Who says it."""

    OFFICIAL_REGISTER = "official_register"
    SELF_DECLARATION = "self_declaration"
    THIRD_PARTY = "third_party"
    PRIMARY_RESEARCH = "primary_research"


class Verification(StrEnum):
    """How well it is established."""

    UNVERIFIED = "unverified"
    SINGLE_SOURCE = "single_source"
    CORROBORATED = "corroborated"
    VERIFIED = "verified"
    DISPUTED = "disputed"


class LinkType(StrEnum):
    """What kind of party stands behind a link."""

    STATE_OWNED = "state_owned"
    GOVERNMENT_BODY = "government_body"
    PRIVATE = "private"
    MUNICIPAL_TIE = "municipal_tie"
    ACADEMIC = "academic"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """What the party does in the project."""

    OWNER = "owner"
    BUILDER = "builder"
    OPERATOR = "operator"
    FINANCIER = "financier"
    PARTNER = "partner"
    SUPPLIER = "supplier"
    BIDDER = "bidder"
    UNKNOWN = "unknown"


class LinkStatus(StrEnum):
    """What has become of the party's link, which is not the project's own status."""

    ACTIVE = "active"
    DONE = "done"
    PLANNED = "planned"
    FROZEN = "frozen"
    CANCELLED = "cancelled"
    ENDED = "ended"
    LOST = "lost"
    UNKNOWN = "unknown"


class Published(StrEnum):
    """Whether the agreement behind a link is public."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class MilitaryComponent(StrEnum):
    """Whether a port has a military part; ``none_found`` says that none was found, not that there is none."""

    YES = "yes"
    PARTLY = "partly"
    NONE_FOUND = "none_found"
    UNKNOWN = "unknown"


class System(StrEnum):
    """What a smart-city system does."""

    CCTV = "cctv"
    PLATE_RECOGNITION = "plate_recognition"
    COMMAND_CONTROL = "command_control"
    TRAFFIC = "traffic"
    TRANSIT = "transit"
    TELECOM = "telecom"
    LIGHTING = "lighting"
    SENSORS = "sensors"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What one rule says of one subject and one object."""

    WITHIN = "within"
    POSSIBLE = "possible"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What a rule asks for, mildest first; never a refusal by geoprox."""

    NOTE = "note"
    NOTIFY = "notify"
    CONSULT = "consult"
    PERMIT = "permit"
    PROHIBIT = "prohibit"


class Relation(StrEnum):
    """How two geometries lie to each other, by the OGC names, the most telling first."""

    SAME_SITE = "same_site"  # the subject is part of the object, as a source says
    EQUALS = "equals"
    WITHIN = "within"
    CONTAINS = "contains"
    OVERLAPS = "overlaps"
    TOUCHES = "touches"
    INTERSECTS = "intersects"
    DISJOINT = "disjoint"


class RiskClass(StrEnum):
    """How soon somebody should look at a subject, soonest first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    UNKNOWN = "unknown"
    NONE = "none"


class Coverage(StrEnum):
    """What became of a layer: only ``READ`` can support a statement that nothing was found."""

    READ = "read"
    EMPTY = "empty"
    MISSING = "missing"
    FAILED = "failed"


class Action(StrEnum):
    """What was done about a fault of the data."""

    REPAIRED = "repaired"
    DROPPED = "dropped"
    KEPT = "kept"
