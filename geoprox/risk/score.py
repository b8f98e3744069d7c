"""The score explains itself: each factor gives a number in 0..1 and a sentence, for every subject.

The score is 100 times the product of its factors: a foreign link without a sensitive site near is no risk, and
a site without a foreign link is none either. The factors stand apart in the table, so that an office can look
at the site alone and stay neutral as to nationality.
"""

from collections.abc import Mapping
from typing import Protocol

import pandas as pd

from geoprox.model.policy import Policy
from geoprox.model.vocabulary import RiskClass, Verdict
from geoprox.model.wording import say
from geoprox.risk.links import strongest_first
from geoprox.risk.reasons import Names

FACTOR_COLUMNS = ("score", "en", "he")


class Factor(Protocol):
    """Weigh subjects (features on their ids): ``score`` in 0..1 and a sentence in English and Hebrew for each."""

    def __call__(
        self, subjects: pd.DataFrame, findings: pd.DataFrame, links: pd.DataFrame, policy: Policy, names: Names
    ) -> pd.DataFrame:
        """Return ``score``, ``en`` and ``he`` for every subject."""


def site_sensitivity(
    subjects: pd.DataFrame, findings: pd.DataFrame, links: pd.DataFrame, policy: Policy, names: Names
) -> pd.DataFrame:
    """Weigh what a subject is near: the heaviest finding about a site, its outcome's weight times its likelihood."""
    del links
    weights = {outcome.value: weight for outcome, weight in policy.score.outcome.items()}
    found = about_sites(findings, policy)
    found = found[found["verdict"].isin([Verdict.WITHIN.value, Verdict.POSSIBLE.value])].reset_index(drop=True)
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
    subjects: pd.DataFrame, findings: pd.DataFrame, links: pd.DataFrame, policy: Policy, names: Names
) -> pd.DataFrame:
    """Weigh who stands behind a subject: the heaviest of the links that a rule asks about, type times role.

    It weighs more where an agreement is secret.
    """
    del findings
    weighed = strongest_first(links[links["feature_id"].isin(subjects.index)], policy.score)
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
    out = _for_all(
        subjects, out, "link 0: no link on record that a rule asks about", "זיקה 0: אין זיקה רשומה שכלל שואל עליה"
    )
    # an office that judges sites alone, whoever is behind a project, has rules that ask nothing of links
    neutral = ~subjects["layer"].isin({rule.subject_layer for rule in policy.rule if rule.link_filter is not None})
    out.loc[neutral, list(FACTOR_COLUMNS)] = (1.0, "link 1: no rule asks about links", "זיקה 1: אין כלל השואל על זיקות")
    return out


FACTORS: Mapping[str, Factor] = {"site_sensitivity": site_sensitivity, "foreign_link": foreign_link}


def risk_classes(table: pd.DataFrame, findings: pd.DataFrame, policy: Policy) -> "pd.Series[str]":
    """Return the class of each subject, by its score and its findings.

    High and medium go by the score. Below them a subject is unknown where a rule about sites could not be judged,
    since its score might be another; else low where something was found or is possible; else none.
    """
    lost = about_sites(findings, policy)["verdict"].eq(Verdict.UNKNOWN.value)
    out = pd.Series(RiskClass.NONE.value, index=table.index)
    found = table.index.isin(findings.loc[findings["verdict"] != Verdict.UNKNOWN.value, "subject_id"])
    out = out.mask(found, RiskClass.LOW.value)
    out = out.mask(table.index.isin(lost.index[lost]), RiskClass.UNKNOWN.value)
    out = out.mask(table["risk_score"] >= policy.score.medium_from, RiskClass.MEDIUM.value)
    return out.mask(table["risk_score"] >= policy.score.high_from, RiskClass.HIGH.value)


def about_sites(findings: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Return the findings that tell of a site, not of a link alone, on their subjects' ids."""
    rules = {rule.id for rule in policy.rule if rule.about == "site"}
    return findings[findings["rule_id"].isin(rules)].set_index("subject_id", drop=False)


def _for_all(subjects: pd.DataFrame, out: pd.DataFrame, none_en: str, none_he: str) -> pd.DataFrame:
    return out.reindex(subjects.index).fillna({"score": 0.0, "en": none_en, "he": none_he})
