"""The score explains itself: each factor gives a number in 0..1 and a sentence, for every subject.

The score is 100 times the product of its factors: a foreign link without a sensitive site near is no risk, and
a site without a foreign link is none either. The factors stand apart in the table, so that an office can look
at the site alone and stay neutral as to nationality.
"""

from collections.abc import Mapping
from typing import Protocol

import pandas as pd

from geoprox.model.policy import Policy
from geoprox.model.vocabulary import LinkStatus, RiskClass, Verdict
from geoprox.model.wording import say
from geoprox.risk.links import strongest_first
from geoprox.risk.reasons import Names

FACTOR_COLUMNS = ("score", "en", "he")


class Factor(Protocol):
    """Weigh subjects: a frame on subject ids with ``score`` in 0..1 and a sentence in English and Hebrew."""

    def __call__(
        self, subjects: pd.Index, findings: pd.DataFrame, links: pd.DataFrame, policy: Policy, names: Names
    ) -> pd.DataFrame:
        """Return ``score``, ``en`` and ``he`` for every subject."""


def site_sensitivity(
    subjects: pd.Index, findings: pd.DataFrame, links: pd.DataFrame, policy: Policy, names: Names
) -> pd.DataFrame:
    """Weigh what a subject is near: the heaviest finding about a site, its outcome's weight times its likelihood."""
    del links
    weights = {outcome.value: weight for outcome, weight in policy.score.outcome.items()}
    found = findings[
        findings["rule_id"].isin(_about_sites(policy))
        & findings["verdict"].isin([Verdict.WITHIN.value, Verdict.POSSIBLE.value])
    ]
    found = found.assign(weight=found["outcome"].map(weights).astype(float) * found["likelihood"])
    top = (
        found.sort_values(["weight", "distance_m"], ascending=[False, True], kind="stable")
        .drop_duplicates("subject_id")
        .set_index("subject_id")
    )
    out = pd.DataFrame({"score": top["weight"], "en": "", "he": ""}, index=top.index)
    for subject, row in top.iterrows():
        site = names.features.get(row["object_id"] if isinstance(row["object_id"], str) else str(subject), {})
        share = f"{weights[row['outcome']]:g} x {row['likelihood']:.2f}"
        out.loc[subject, "en"] = (
            f"site {row['weight']:.2f}: {say(row['outcome'], 'en')} x likelihood ({share}), {site.get('en', subject)}"
        )
        out.loc[subject, "he"] = (
            f"אתר {row['weight']:.2f}: {say(row['outcome'], 'he')} × סבירות ({share}), {site.get('he', subject)}"
        )
    return _for_all(subjects, out, "site 0: no site within reach of a rule", "אתר 0: אין אתר בטווח של כלל כלשהו")


def foreign_link(
    subjects: pd.Index, findings: pd.DataFrame, links: pd.DataFrame, policy: Policy, names: Names
) -> pd.DataFrame:
    """Weigh who stands behind a subject: the heaviest foreign link valid on the day, type times role.

    It weighs more where an agreement is secret.
    """
    del findings
    foreign = links["link_country"].ne("IL").fillna(value=True)
    standing = links["link_status"].ne(LinkStatus.LOST.value).fillna(value=True)
    own = links["feature_id"].isin(subjects)
    weighed = strongest_first(links[foreign & standing & own], policy.score)
    top = weighed.drop_duplicates("feature_id").set_index("feature_id")
    secret = weighed.groupby("feature_id")["secret"].any()
    top["added"] = secret.reindex(top.index).astype(float) * policy.score.secret_agreement
    top["total"] = (top["weight"] + top["added"]).clip(upper=1)
    out = pd.DataFrame({"score": top["total"], "en": "", "he": ""}, index=top.index)
    for subject, row in top.iterrows():
        name, total, extra = names.links.get(row["link_id"], {}), row["total"], row["added"]
        secrecy = (f" + secret agreement {extra:g}", f" + הסכם חסוי {extra:g}") if extra else ("", "")
        out.loc[subject, "en"] = (
            f"link {total:.2f}: {name.get('en', '')}, {say(row['link_type'], 'en')} ({row['weight']:.2f}{secrecy[0]})"
        )
        out.loc[subject, "he"] = (
            f"זיקה {total:.2f}: {name.get('he', '')}, {say(row['link_type'], 'he')} ({row['weight']:.2f}{secrecy[1]})"
        )
    return _for_all(
        subjects, out, "link 0: no foreign link on record for the day", "זיקה 0: אין זיקה זרה רשומה ליום זה"
    )


FACTORS: Mapping[str, Factor] = {"site_sensitivity": site_sensitivity, "foreign_link": foreign_link}


def risk_classes(table: pd.DataFrame, findings: pd.DataFrame, policy: Policy) -> "pd.Series[str]":
    """Return the class of each subject, by its score, its findings about sites and its likeliest finding.

    Below the classes by score: low where something worth asking about was found; else unknown where a rule about
    sites could not be judged, since the score might be another; else low where something is barely possible. None
    is left for subjects of which every rule about sites was judged and nothing is possible.
    """
    lost = findings["rule_id"].isin(_about_sites(policy)) & findings["verdict"].eq(Verdict.UNKNOWN.value)
    out = pd.Series(RiskClass.NONE.value, index=table.index)
    out = out.mask(table["possible_count"] > 0, RiskClass.LOW.value)
    out = out.mask(table.index.isin(findings.loc[lost, "subject_id"]), RiskClass.UNKNOWN.value)
    out = out.mask(table["likelihood"] >= policy.score.ask_from, RiskClass.LOW.value)
    out = out.mask(table["risk_score"] >= policy.score.medium_from, RiskClass.MEDIUM.value)
    return out.mask(table["risk_score"] >= policy.score.high_from, RiskClass.HIGH.value)


def _about_sites(policy: Policy) -> set[str]:
    return {rule.id for rule in policy.rule if rule.about == "site"}


def _for_all(subjects: pd.Index, out: pd.DataFrame, none_en: str, none_he: str) -> pd.DataFrame:
    return out.reindex(subjects).fillna({"score": 0.0, "en": none_en, "he": none_he})
