"""A policy that cannot be used says so, with the line; a usable one says which rules hold on a day."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from geoprox.errors import DefinitionError
from geoprox.model.policy import Policy, read_policy

ReadPolicy = Callable[[str], Policy]

RULE = """\
[[rule]]
id = "near"
title_en = "Near"
title_he = "קרוב"
subject_layer = "foreign_projects"
link_filter = "link_country = 'CN'"
object_layer = "ports"
object_filter = "military_component = 'yes'"
within_m = 1000
distance_basis_en = "an assumption"
distance_basis_he = "הנחה"
outcome = "consult"
authorities = ["auth-mod"]
rationale_en = "why"
rationale_he = "מדוע"
citation = "a source"
"""
HEAD = """\
id = "demo"
version = "1"
title_en = "Demo"
title_he = "הדגמה"
about_en = "about"
about_he = "על"
"""
SCORE = """\
[score]
basis_en = "an assumption"
basis_he = "הנחה"
secret_agreement = 0.2
ask_from = 0.05
high_from = 35
medium_from = 15
[score.outcome]
note = 0.3
notify = 0.5
consult = 0.8
permit = 0.9
prohibit = 1.0
[score.link_type]
government_body = 0.8
state_owned = 0.7
municipal_tie = 0.5
academic = 0.4
private = 0.4
unknown = 0.5
[score.role]
owner = 1.0
operator = 1.0
builder = 0.7
financier = 0.7
partner = 0.7
supplier = 0.6
bidder = 0.3
unknown = 0.5
"""
WHOLE = HEAD + RULE + SCORE


@pytest.fixture
def read(tmp_path: Path) -> ReadPolicy:
    """Read a policy from its text."""

    def read(text: str) -> Policy:
        path = tmp_path / "policy.toml"
        path.write_text(text, encoding="utf-8")
        return read_policy(path)

    return read


def test_the_policy_of_these_tests_is_read(read: ReadPolicy):
    assert [rule.id for rule in read(WHOLE).rule] == ["near"]


def test_a_policy_comes_back_from_its_own_dump(read: ReadPolicy):
    policy = read(WHOLE)
    assert Policy.model_validate(policy.model_dump()) == policy


FAULTS = [
    ('id = "near"', 'id = "Near It"', "rule[1].id", "String should match pattern"),
    ("within_m = 1000", "within_m = 0", "rule[1].within_m", "greater than 0"),
    ("within_m = 1000", "within_m = -5", "rule[1].within_m", "greater than 0"),
    ("within_m = 1000", "within_m = 2_000_000", "rule[1].within_m", "less than or equal to 1000000"),
    ("within_m = 1000", "within_m = nan", "rule[1].within_m", ""),
    ("within_m = 1000", "within_m = inf", "rule[1].within_m", "less than or equal to 1000000"),
    ("within_m = 1000", "within_m = true", "rule[1].within_m", ""),
    ("within_m = 1000", 'within_m = "1 km"', "rule[1].within_m", "valid number"),
    ('outcome = "consult"', 'outcome = "forbid"', "rule[1].outcome", "'prohibit'"),
    ('["auth-mod"]', "[]", "rule[1].authorities", "at least 1 item"),
    ('["auth-mod"]', '"auth-mod"', "rule[1].authorities", ""),
    ('title_en = "Near"', 'title_en = ""', "rule[1].title_en", "at least 1 character"),
    (
        'citation = "a source"',
        'citation = "a source"\ncitatoin = "b"',
        "rule[1].citatoin",
        "no such key; remove it or mend its spelling",
    ),
    ("link_country = 'CN'", "link_country = ", "rule[1].link_filter", "is not CQL2"),
    ("link_country = 'CN'", "casei(link_country) = 'cn'", "rule[1].link_filter", "uses 'casei'"),
    (
        "link_country = 'CN'",
        "link_county = 'CN'",
        "rule[1]",
        "link_filter of rule near asks for link_county; the columns are",
    ),
    (
        "military_component = 'yes'",
        "military = 'yes'",
        "rule[1]",
        "object_filter of rule near asks for military; the columns",
    ),
    ('object_layer = "ports"\n', "", "rule[1]", "no object_layer; name the layer or remove them"),
    ("within_m = 1000\n", "", "rule[1]", "so needs within_m: how far, and on what basis"),
    ('distance_basis_he = "הנחה"\n', "", "rule[1]", "so needs distance_basis_he"),
    ('citation = "a source"', 'citation = "a source"\nvalid_from = "soon"', "rule[1].valid_from", "valid date"),
    ("consult = 0.8", "consult = 1.8", "score.outcome.consult", "less than or equal to 1"),
    ("ask_from = 0.05", "ask_from = -1", "score.ask_from", "greater than or equal to 0"),
    ("high_from = 35", "high_from = 350", "score.high_from", "less than or equal to 100"),
    ("medium_from = 15", "medium_from = 40", "score", "medium_from (40.0) must be below high_from (35.0)"),
    ("permit = 0.9\n", "", "score", "score.outcome has no weight for permit; add one"),
    ("academic = 0.4\n", "", "score", "score.link_type has no weight for academic; add one"),
    ("bidder = 0.3\n", "", "score", "score.role has no weight for bidder; add one"),
    ("owner = 1.0\n", "owner = 1.0\nboss = 1.0\n", "score.role.boss", "'owner'"),
]


@pytest.mark.parametrize(
    ("old", "new", "place", "what"), FAULTS, ids=[f"{old.strip()} -> {new}" for old, new, *_ in FAULTS]
)
def test_a_fault_is_told_with_its_place_and_line(read: ReadPolicy, old: str, new: str, place: str, what: str):
    assert WHOLE.count(old) == 1
    text = WHOLE.replace(old, new)
    with pytest.raises(DefinitionError) as caught:
        read(text)
    first = str(caught.value).splitlines()[0]
    line, where, said = re.fullmatch(r".*policy\.toml:(\d+): ([^ ]+): (.*)", first).groups()
    assert where.startswith(place)
    assert what in said
    # the line itself, or the head of the table where the whole table is at fault
    at = text.splitlines()[int(line) - 1]
    assert at in {"[[rule]]", "[score]"} or any(part in at for part in new.splitlines())


def test_a_missing_key_of_a_rule_is_told_at_that_rule(read: ReadPolicy):
    first = RULE.replace('citation = "a source"\n', "")
    with pytest.raises(DefinitionError, match=r"rule\[1\]\.citation: is missing; add it") as caught:
        read(HEAD + first + RULE.replace('"near"', '"far"') + SCORE)
    line = int(re.search(r"toml:(\d+)", str(caught.value)).group(1))
    begins = HEAD.count("\n") + 1
    assert begins <= line < begins + first.count("\n")


def test_an_id_that_is_used_twice_is_refused(read: ReadPolicy):
    with pytest.raises(DefinitionError, match="rule id near is used twice; rename one"):
        read(HEAD + RULE + RULE + SCORE)


def test_a_policy_without_a_rule_is_refused(read: ReadPolicy):
    with pytest.raises(DefinitionError, match="at least 1 item"):
        read("rule = []\n" + HEAD + SCORE)


def test_a_rule_that_ends_before_it_begins_is_refused(read: ReadPolicy):
    # it would be in force on no day, and so clear everything
    with pytest.raises(DefinitionError, match="valid_to"):
        read(WHOLE.replace("[score]", "valid_from = 2025-01-01\nvalid_to = 2024-01-01\n[score]"))


@pytest.mark.parametrize(
    ("day", "holds"), [("2023-12-31", False), ("2024-01-01", True), ("2024-12-31", True), ("2025-01-01", False)]
)
def test_a_rule_holds_from_its_first_day_to_its_last(read: ReadPolicy, day: str, *, holds: bool):
    policy = read(WHOLE.replace("[score]", "valid_from = 2024-01-01\nvalid_to = 2024-12-31\n[score]"))
    assert bool(policy.rules_on(date.fromisoformat(day))) is holds
