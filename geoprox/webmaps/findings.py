"""What the map says of each finding: verdict, distance with its interval, the rule, and who should look."""

import pandas as pd

from geoprox.model.policy import Policy, Rule
from geoprox.model.values import Layers
from geoprox.model.vocabulary import Relation
from geoprox.model.wording import say_share
from geoprox.webmaps.lengths import interval_text, length_text
from geoprox.webmaps.view import Json, Row
from geoprox.webmaps.words import Text, both, plain, word

_ORDER = {"within": 0, "possible": 1, "unknown": 2}


def sorted_findings(findings: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the findings as a reader wants them: within first, then the likelier, then the nearer.

    Among equals, what is part of a site (added column ``own``) comes after what is near it, and what concerns no site
    comes last.
    """
    same = pairs[pairs["relation"] == Relation.SAME_SITE.value]
    own = pd.MultiIndex.from_frame(findings[["subject_id", "object_id"]]).isin(
        list(zip(same["subject_id"], same["object_id"], strict=True))
    )
    rank = findings["verdict"].map(_ORDER).fillna(len(_ORDER))
    order = findings.assign(rank=rank, ahead=-findings["likelihood"].astype(float), own=own)
    keys = ["rank", "ahead", "own", "distance_m", "finding_id"]
    return order.sort_values(keys).drop(columns=["rank", "ahead"]).reset_index(drop=True)


def finding_cards(findings: pd.DataFrame, names: dict[str, Text]) -> list[Json]:
    """Return the content of each finding of ``sorted_findings``; ``names`` has every feature that may be an object."""
    return [_card(row, names) for row in findings.to_dict("records")]


def rule_cards(policy: Policy, layers: Layers) -> dict[str, Json]:
    """Return what the findings of a rule have in common, by the rule's id."""
    names = _authority_names(layers)
    return {rule.id: _rule(rule, names) for rule in policy.rule}


def _card(row: Row, names: dict[str, Text]) -> Json:
    near = not pd.isna(row["distance_m"])
    other = plain(row["object_id"])
    return {
        "id": row["finding_id"],
        "subject": row["subject_id"],
        "object": other,
        "objectName": names.get(other) or both(other),
        "rule": row["rule_id"],
        "verdict": row["verdict"],
        "distance": _distance(row) if near else both(""),
        "likelihood": say_share(float(row["likelihood"])) if row["verdict"] == "possible" else "",
        "reason": both(row["reason_en"], row["reason_he"]),
    }


def _distance(row: Row) -> Text:
    if row["own"]:
        return both("part of the site itself", "חלק מן האתר עצמו")
    return interval_text(float(row["distance_m"]), float(row["distance_min_m"]), float(row["distance_max_m"]))


def _rule(rule: Rule, names: dict[str, Text]) -> Json:
    limit = both("") if rule.within_m is None else length_text(rule.within_m)
    return {
        "title": both(rule.title_en, rule.title_he),
        "limit": limit,
        "basis": both(rule.distance_basis_en, rule.distance_basis_he),
        "outcome": word("outcome", rule.outcome.value),
        "authorities": [names.get(authority) or both(authority) for authority in rule.authorities],
        "rationale": both(rule.rationale_en, rule.rationale_he),
        "citation": rule.citation,
    }


def _authority_names(layers: Layers) -> dict[str, Text]:
    if "authorities" not in layers.tables:
        return {}
    table = layers.tables["authorities"]
    return {row["authority_id"]: both(row["name_en"], row["name_he"]) for row in table.to_dict("records")}
