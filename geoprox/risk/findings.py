"""One rule on one pair: a verdict, a reason, an authority.

A condition is yes, no or not known. A rule whose condition is surely not met leaves no finding; one whose
condition is not known, or whose layer, geometry or accuracy is missing, leaves a finding with verdict
``unknown``: nothing that could not be judged looks judged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from geoprox import geodesy
from geoprox.geodesy.ellipsoid import Floats
from geoprox.model.columns import FINDINGS
from geoprox.model.filters import answer, missing_facts
from geoprox.model.policy import Policy, Rule, Score
from geoprox.model.vocabulary import Verdict
from geoprox.risk.links import FACTS, Decided, deciding_links
from geoprox.risk.reasons import Names, reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What findings are made from: features that exist on the day, by layer; links valid on it; pairs; what is missing.

    ``links`` is None where the table could not be read. ``unread`` says of each layer that was not read what
    became of it.
    """

    features: Mapping[str, gpd.GeoDataFrame]
    links: pd.DataFrame | None
    linked: frozenset[str]
    pairs: pd.DataFrame
    unread: Mapping[str, str]
    names: Names
    as_of: date


def make_findings(policy: Policy, evidence: Evidence) -> pd.DataFrame:
    """Return the findings of every rule in force on the day, ordered by subject, verdict and likelihood.

    Verdicts: ``within`` where distance and doubt together are at most the threshold (inclusive), ``possible``
    where the doubt decides, ``unknown`` where something the rule needs is missing. A rule without an object is
    ``within`` where its condition holds.
    """
    parts = [_of_rule(rule, evidence, policy.score) for rule in policy.rules_on(evidence.as_of)]
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame(columns=list(FINDINGS))
    found = pd.concat(filled, ignore_index=True)
    found["policy_id"], found["policy_version"] = policy.id, policy.version
    found["as_of"] = evidence.as_of.isoformat()
    found = _ranked(found)
    found["finding_id"] = found[["rule_id", "subject_id", "object_id"]].fillna("").agg("/".join, axis=1)
    return found[list(FINDINGS)]


def verdicts(pairs: pd.DataFrame, threshold_m: float) -> pd.Series:
    """Return the verdict of each pair for one threshold; a missing interval is unknown."""
    low, high = pairs["distance_min_m"], pairs["distance_max_m"]
    values = np.select(
        [low.isna() | high.isna(), high <= threshold_m, low > threshold_m],
        [Verdict.UNKNOWN.value, Verdict.WITHIN.value, Verdict.OUTSIDE.value],
        Verdict.POSSIBLE.value,
    )
    return pd.Series(values, index=pairs.index)


def _of_rule(rule: Rule, evidence: Evidence, score: Score) -> pd.DataFrame:
    if rule.subject_layer in evidence.unread:
        judged = _empty(1).assign(why=f"layer:{rule.subject_layer}")
    else:
        subjects = evidence.features[rule.subject_layer]
        decided = deciding_links(rule, subjects, evidence.links, evidence.linked, score)
        condition = answer(rule.subject_filter, subjects) & decided.answers
        judged = _of_subjects(rule, evidence, subjects.assign(condition=condition), decided)
    judged = judged.assign(
        rule_id=rule.id,
        threshold_m=rule.within_m if rule.within_m is not None else np.nan,
        outcome=rule.outcome.value,
        authority="; ".join(rule.authorities),
        citation=rule.citation,
    )
    judged["reason_en"], judged["reason_he"] = reasons(rule, judged, evidence.names)
    return judged


def _of_subjects(rule: Rule, evidence: Evidence, subjects: gpd.GeoDataFrame, decided: Decided) -> pd.DataFrame:
    """Return the rule's findings, without its words."""
    asked = subjects[~subjects["condition"].eq(other=False).fillna(value=False).to_numpy(dtype=bool)]
    if rule.object_layer is None:
        judged = _alone(rule, asked, decided)
    elif rule.object_layer in evidence.unread:
        judged = _alone(rule, asked, decided).assign(
            verdict=Verdict.UNKNOWN.value, likelihood=np.nan, why=f"layer:{rule.object_layer}"
        )
    else:
        judged = _of_pairs(rule, evidence, asked, decided)
    judged["link_id"] = judged["subject_id"].map(decided.link_of)
    return judged


def _alone(rule: Rule, subjects: gpd.GeoDataFrame, decided: Decided) -> pd.DataFrame:
    """Return one finding a subject, for a rule that asks nothing of an object."""
    judged = _empty(len(subjects))
    judged["subject_id"] = subjects["feature_id"].to_numpy()
    known = subjects["condition"].notna().to_numpy(dtype=bool)
    judged["verdict"] = np.where(known, Verdict.WITHIN.value, Verdict.UNKNOWN.value)
    judged["likelihood"] = np.where(known, 1.0, np.nan)
    judged["why"] = np.where(known, "", _missing(rule, subjects, decided))
    return judged


def _missing(rule: Rule, subjects: pd.DataFrame, decided: Decided) -> list[str]:
    """Return for each subject why its condition is not known: facts of its own, else of its links."""
    own = missing_facts(rule.subject_filter, subjects) if rule.subject_filter else [""] * len(subjects)
    ids = subjects["feature_id"]
    return [FACTS.format(facts) if facts else decided.missing.get(i, "") for facts, i in zip(own, ids, strict=True)]


def _of_pairs(rule: Rule, evidence: Evidence, subjects: gpd.GeoDataFrame, decided: Decided) -> pd.DataFrame:
    objects = evidence.features[rule.object_layer or ""]
    objects = objects.assign(met=answer(rule.object_filter, objects))
    near = evidence.pairs.merge(subjects[["feature_id", "condition"]], left_on="subject_id", right_on="feature_id")
    near = near.merge(
        objects[["feature_id", "met"]], left_on="object_id", right_on="feature_id", suffixes=("", "_object")
    )
    near = near[near["distance_max_m"].notna()]
    parts = [part for part in (near, _unmeasured(subjects, objects)) if len(part)] or [near]
    # what is known by identity needs no position
    near = pd.concat(parts, ignore_index=True).drop_duplicates(["subject_id", "object_id"])
    near = near[near["subject_id"] != near["object_id"]]
    both = near["condition"].astype("boolean") & near["met"].astype("boolean")
    near["verdict"] = verdicts(near, rule.within_m or 0.0)
    near = near[(near["verdict"] != Verdict.OUTSIDE) & both.fillna(value=True)]
    both = both[near.index]
    near["why"] = np.where(near["verdict"] == Verdict.UNKNOWN, "position", "")
    near["why"] = near["why"].mask(near["met"].isna(), near["object_id"].map(_of_objects(rule, objects)))
    about = dict(zip(subjects["feature_id"], _missing(rule, subjects, decided), strict=True))
    near["why"] = near["why"].mask(near["condition"].isna(), near["subject_id"].map(about))
    near["verdict"] = near["verdict"].mask(both.isna(), Verdict.UNKNOWN.value)
    near["likelihood"] = _likelihoods(near, subjects, objects, rule.within_m or 0.0)
    return near.reset_index(drop=True)


def _of_objects(rule: Rule, objects: pd.DataFrame) -> dict[str, str]:
    """Return which facts about each object are not known."""
    if rule.object_filter is None:
        return {}
    return {
        i: f"object:{facts}"
        for i, facts in zip(objects["feature_id"], missing_facts(rule.object_filter, objects), strict=True)
    }


def _unmeasured(subjects: gpd.GeoDataFrame, objects: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return every subject with every object where one of the two has no geometry or no accuracy.

    Nothing can be said of their distance.
    """
    columns = ["feature_id", "condition"]
    lost_subjects = subjects[subjects.geometry.isna() | subjects["accuracy_m"].isna()]
    lost_objects = objects[objects.geometry.isna() | objects["accuracy_m"].isna()]
    names = {"feature_id_subject": "subject_id", "feature_id_object": "object_id"}
    cross = pd.concat(
        [
            subjects[columns].merge(lost_objects[["feature_id", "met"]], how="cross", suffixes=("_subject", "_object")),
            lost_subjects[columns].merge(objects[["feature_id", "met"]], how="cross", suffixes=("_subject", "_object")),
        ],
        ignore_index=True,
    )
    return (
        cross.drop_duplicates(["feature_id_subject", "feature_id_object"])
        .rename(columns=names)
        .reindex(
            columns=[
                "subject_id",
                "object_id",
                "condition",
                "met",
                "distance_m",
                "distance_min_m",
                "distance_max_m",
                "relation",
            ]
        )
    )


def _likelihoods(
    near: pd.DataFrame, subjects: gpd.GeoDataFrame, objects: gpd.GeoDataFrame, threshold_m: float
) -> Floats:
    """Return 1 for within, the kernel's share for possible, missing for unknown."""
    out = np.array(near["verdict"].map({Verdict.WITHIN.value: 1.0}), dtype=float)
    open_rows = np.flatnonzero(near["verdict"] == Verdict.POSSIBLE)
    left = pd.Index(subjects["feature_id"]).get_indexer(near["subject_id"].iloc[open_rows])
    right = pd.Index(objects["feature_id"]).get_indexer(near["object_id"].iloc[open_rows])
    out[open_rows] = geodesy.likelihood(
        subjects.geometry.to_numpy(),
        objects.geometry.to_numpy(),
        left,
        right,
        accuracy_m=(subjects["accuracy_m"].to_numpy()[left], objects["accuracy_m"].to_numpy()[right]),
        threshold_m=np.full(len(open_rows), threshold_m),
    )
    return out


def _empty(n: int) -> pd.DataFrame:
    """Return ``n`` findings that say nothing yet."""
    text = dict.fromkeys(
        ("subject_id", "object_id", "link_id", "relation"), pd.Series(pd.NA, index=range(n), dtype="string")
    )
    number = dict.fromkeys(("distance_m", "distance_min_m", "distance_max_m", "likelihood"), np.full(n, np.nan))
    return pd.DataFrame({**text, **number, "verdict": Verdict.UNKNOWN.value, "why": ""}, index=range(n))


def _ranked(found: pd.DataFrame) -> pd.DataFrame:
    rank = {Verdict.WITHIN.value: 0, Verdict.POSSIBLE.value: 1, Verdict.UNKNOWN.value: 2}
    keys = found.assign(_rank=found["verdict"].map(rank), _low=-found["likelihood"])
    return keys.sort_values(["subject_id", "_rank", "_low", "rule_id", "object_id"], kind="stable").reset_index(
        drop=True
    )
