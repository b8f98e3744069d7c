"""Which of a subject's links decides a rule: the filter is asked of every link that is valid on the day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from geoprox.model.filters import Answers, answer, missing_facts
from geoprox.model.policy import Rule, Score
from geoprox.model.vocabulary import LinkType, Published, Role

NO_LINK = "link"  # the cause where a subject has no link on record
UNREAD = "layer:links"  # the cause where links could not be read
FACTS = "subject:{}"  # the cause where facts about a subject or its links are not known


@dataclass(frozen=True, slots=True)
class Decided:
    """For each subject: is the link filter met (True, False, NA), which link decided, and the cause where none did."""

    answers: Answers
    link_of: Mapping[str, str]
    missing: Mapping[str, str]


def deciding_links(
    rule: Rule, subjects: pd.DataFrame, links: pd.DataFrame | None, linked: frozenset[str], score: Score
) -> Decided:
    """Ask a rule's link filter of the subjects' links.

    True where one link meets it, the heaviest such link deciding; else not known where one may, where the subject
    has no link on record, or where links could not be read; else False. ``linked`` are the subjects that have any
    link on record, valid on the day or not.
    """
    ids = subjects["feature_id"]
    if rule.link_filter is None:
        return Decided(pd.Series(data=True, index=subjects.index, dtype="boolean"), {}, {})
    if links is None:
        return Decided(pd.Series(pd.NA, index=subjects.index, dtype="boolean"), {}, dict.fromkeys(ids, UNREAD))
    own = strongest_first(links[links["feature_id"].isin(ids)], score)
    answers = answer(rule.link_filter, own)
    met = own[answers.fillna(value=False)].drop_duplicates("feature_id")
    link_of = dict(zip(met["feature_id"], met["link_id"], strict=True))
    still_open = own[answers.isna()].drop_duplicates("feature_id")
    facts = map(FACTS.format, missing_facts(rule.link_filter, still_open))
    missing = dict(zip(still_open["feature_id"], facts, strict=True))
    missing |= dict.fromkeys(set(ids) - linked, NO_LINK)
    yes = ids.isin(link_of).astype("boolean")
    return Decided(yes.mask(~yes & ids.isin(missing)), link_of, missing)


def strongest_first(links: pd.DataFrame, score: Score) -> pd.DataFrame:
    """Return links with their ``weight`` (type times role), the heaviest first; ties in the order of the table."""
    by_type = links["link_type"].map({k.value: w for k, w in score.link_type.items()}).astype(float)
    weight = by_type * links["role"].map({k.value: w for k, w in score.role.items()}).astype(float)
    secret = links["agreement_published"].eq(Published.FALSE.value).fillna(value=False)
    # what is not known weighs as the policy says of unknown
    lost = score.link_type[LinkType.UNKNOWN] * score.role[Role.UNKNOWN]
    weighed = links.assign(weight=weight.fillna(lost), secret=secret.astype(bool))
    return weighed.sort_values("weight", ascending=False, kind="stable")


def counted_links(rules: Iterable[Rule], subjects: Mapping[str, pd.DataFrame], links: pd.DataFrame) -> pd.DataFrame:
    """Return the links that meet, or may meet, the link filter of a rule on their subject's layer."""
    counted = pd.Series(data=False, index=links.index)
    for rule in rules:
        if rule.link_filter is not None and rule.subject_layer in subjects:
            own = links["feature_id"].isin(subjects[rule.subject_layer]["feature_id"])
            counted |= own & answer(rule.link_filter, links).fillna(value=True).astype(bool)
    return links[counted]
