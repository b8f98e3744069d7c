"""The risk table: one row a subject, the gravest first, with its factors, its nearest site and the reasons in words."""

import geopandas as gpd
import pandas as pd

from geoprox.model.columns import CRS, LINKS, TABLE
from geoprox.model.policy import Policy
from geoprox.model.vocabulary import RiskClass, Verdict
from geoprox.model.wording import LANGUAGES, Language
from geoprox.risk.findings import Evidence
from geoprox.risk.links import counted_links
from geoprox.risk.reasons import Names
from geoprox.risk.score import FACTORS, about_sites, risk_classes

_SHOWN = 3  # findings told in words in the table; the findings frame has all of them
_COUNTED = {"within_count": Verdict.WITHIN, "possible_count": Verdict.POSSIBLE, "unknown_count": Verdict.UNKNOWN}
_KEPT = ("name_en", "name_he", "layer", "kind", "status", "precision", "accuracy_m", "source", "geometry")


def make_table(policy: Policy, findings: pd.DataFrame, nearest: pd.DataFrame, evidence: Evidence) -> gpd.GeoDataFrame:
    """Return one row for each subject of the policy's rules that exists on the day, by score, then id.

    ``nearest`` is the pairs frame of each subject with its nearest site.
    """
    layers = dict.fromkeys(
        rule.subject_layer for rule in policy.rules_on(evidence.as_of) if rule.subject_layer in evidence.features
    )
    parts = [evidence.features[layer].set_index("feature_id")[list(_KEPT)] for layer in layers]
    subjects = gpd.GeoDataFrame(
        pd.concat(parts) if parts else pd.DataFrame(columns=list(_KEPT)), geometry="geometry", crs=CRS
    )
    table = subjects.rename(columns={"source": "sources"})
    table = (
        table.join(_factors(policy, table, findings, evidence))
        .join(_counts(table.index, findings, policy))
        .join(_nearest(nearest, evidence))
    )
    table["risk_class"] = risk_classes(table, findings, policy)
    # what is hardly likely is found and counted, but nobody is bothered with it
    # what could not be judged, though, they may know
    unjudged = findings["finding_id"].isin(about_sites(findings, policy)["finding_id"]) & findings["likelihood"].isna()
    worth_asking = findings[(findings["likelihood"] >= policy.score.ask_from) | unjudged]
    for language in LANGUAGES:
        table[f"reasons_{language}"] = _reasons(table.index, findings, language)
        table[f"authorities_{language}"] = _authorities(table.index, worth_asking, evidence.names, language)
    table["deciding_link"] = _deciding(table.index, findings)
    table["as_of"] = evidence.as_of.isoformat()
    return _ordered(table.rename_axis("subject_id").reset_index())


def _ordered(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    urgency = {name.value: n for n, name in enumerate(RiskClass)}
    ranked = table.assign(_rank=table["risk_class"].map(urgency)).sort_values(
        ["_rank", "risk_score", "subject_id"], ascending=[True, False, True], kind="stable"
    )
    return ranked.reset_index(drop=True)[list(TABLE)]


def _factors(policy: Policy, subjects: pd.DataFrame, findings: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    rules = policy.rules_on(evidence.as_of)
    known = evidence.links if evidence.links is not None else pd.DataFrame(columns=[column.name for column in LINKS])
    links = counted_links(rules, evidence.features, known)
    factors = {name: factor(subjects, findings, links, policy, evidence.names) for name, factor in FACTORS.items()}
    out = pd.DataFrame({name: factor["score"].round(4) for name, factor in factors.items()}, index=subjects.index)
    out["risk_score"] = (100 * out.prod(axis=1)).round(1)
    for language in LANGUAGES:
        out[f"factors_{language}"] = (
            pd.concat([f[language] for f in factors.values()], axis=1).agg("; ".join, axis=1) if len(subjects) else ""
        )
    return out


def _counts(subjects: pd.Index, findings: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Return how many findings about sites there are of each verdict, their likelihood, and how many about links."""
    sites = about_sites(findings, policy)
    links = findings[~findings["finding_id"].isin(sites["finding_id"]) & findings["verdict"].eq(Verdict.WITHIN.value)]
    counts = {name: sites.loc[sites["verdict"] == v, "subject_id"].value_counts() for name, v in _COUNTED.items()}
    counts["link_count"] = links["subject_id"].value_counts()
    out = pd.DataFrame({name: count.reindex(subjects, fill_value=0) for name, count in counts.items()}, index=subjects)
    likeliest = sites["likelihood"].groupby(level=0).max()
    return out.assign(likelihood=likeliest.reindex(subjects).astype(float).round(4))


def _nearest(nearest: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    at = nearest.set_index("subject_id")[["object_id", "distance_m", "distance_min_m", "distance_max_m"]].rename(
        columns={"object_id": "nearest_site"}
    )
    for language in LANGUAGES:
        at[f"nearest_site_{language}"] = at["nearest_site"].map(
            lambda i, lang=language: evidence.names.features.get(i, {}).get(lang)
        )
    return at.round({"distance_m": 1, "distance_min_m": 1, "distance_max_m": 1})


def _reasons(subjects: pd.Index, findings: pd.DataFrame, language: Language) -> "pd.Series[str]":
    """Return the weightiest reasons of each subject in one text, and how many more there are."""
    groups = findings.groupby("subject_id", sort=False)[f"reason_{language}"]
    text = groups.agg(lambda reasons: "\n".join([*reasons.iloc[:_SHOWN], *_more(len(reasons) - _SHOWN, language)]))
    return text.astype(object).reindex(subjects).fillna("")


def _more(n: int, language: Language) -> list[str]:
    if n <= 0:
        return []
    return [f"And {n} more findings." if language == "en" else f"ועוד {n} ממצאים."]


def _authorities(subjects: pd.Index, findings: pd.DataFrame, names: Names, language: Language) -> "pd.Series[str]":
    ids = findings.groupby("subject_id", sort=False)["authority"].agg(
        lambda a: "; ".join(dict.fromkeys("; ".join(a).split("; ")))
    )
    return ids.map(lambda i: names.authority(i, language)).astype(object).reindex(subjects).fillna("")


def _deciding(subjects: pd.Index, findings: pd.DataFrame) -> "pd.Series[str]":
    return (
        findings.dropna(subset=["link_id"])
        .drop_duplicates("subject_id")
        .set_index("subject_id")["link_id"]
        .reindex(subjects)
    )
