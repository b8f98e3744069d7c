"""Filters answer yes, no or not known; the laws are Kleene's, checked against a reference of a few lines."""

from contextlib import suppress
from dataclasses import dataclass

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprox.errors import FilterError
from geoprox.model.filters import answer, missing_facts, parse_filter

FRAME = pd.DataFrame(
    {
        "country": pd.Series(["CN", "FR", None, "unknown"], dtype="string"),
        "role": pd.Series(["owner", None, "builder", "unknown"], dtype="string"),
        "share": [0.0, 0.5, 1.0, None],
    }
)
YES, NO, OPEN = True, False, None


def answers(text: str, frame: pd.DataFrame = FRAME) -> list[bool | None]:
    return [None if pd.isna(x) else bool(x) for x in answer(parse_filter(text), frame)]


# -- laws ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """A filter's text, and what a reference answers for each row of FRAME."""

    text: str
    truth: tuple[bool | None, ...]


def comparison(name: str, sign: str, literal: str | float) -> Said:
    compare = {
        "=": lambda x: x == literal,
        "<>": lambda x: x != literal,
        "<": lambda x: x < literal,
        "<=": lambda x: x <= literal,
        ">": lambda x: x > literal,
        ">=": lambda x: x >= literal,
    }[sign]
    known = [None if pd.isna(x) or x == "unknown" else x for x in FRAME[name]]
    quoted = f"'{literal}'" if isinstance(literal, str) else str(literal)
    return Said(f"{name} {sign} {quoted}", tuple(None if x is None else compare(x) for x in known))


def both(a: Said, b: Said) -> Said:
    pairs = zip(a.truth, b.truth, strict=True)
    return Said(
        f"({a.text}) AND ({b.text})", tuple(NO if NO in (x, y) else OPEN if OPEN in (x, y) else YES for x, y in pairs)
    )


def either(a: Said, b: Said) -> Said:
    pairs = zip(a.truth, b.truth, strict=True)
    return Said(
        f"({a.text}) OR ({b.text})", tuple(YES if YES in (x, y) else OPEN if OPEN in (x, y) else NO for x, y in pairs)
    )


def negated(a: Said) -> Said:
    return Said(f"NOT ({a.text})", tuple(None if x is None else not x for x in a.truth))


signs = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
atoms = st.one_of(
    st.builds(comparison, st.sampled_from(["country", "role"]), signs, st.sampled_from(["CN", "FR", "owner"])),
    st.builds(comparison, st.just("share"), signs, st.sampled_from([0.0, 0.5, 1.0])),
)
filters = st.recursive(
    atoms,
    lambda inner: st.one_of(st.builds(both, inner, inner), st.builds(either, inner, inner), st.builds(negated, inner)),
    max_leaves=6,
)


@given(filters)
def test_an_answer_is_what_three_valued_logic_says(said: Said):
    assert tuple(answers(said.text)) == said.truth


@given(filters, filters)
def test_de_morgan_holds_with_unknowns(a: Said, b: Said):
    assert answers(f"NOT (({a.text}) AND ({b.text}))") == answers(f"(NOT ({a.text})) OR (NOT ({b.text}))")


@given(filters)
def test_an_answer_is_on_the_index_of_the_frame_and_changes_nothing(said: Said):
    moved = FRAME.set_index(pd.Index([7, 3, 9, 5]))
    before = moved.copy()
    assert answer(parse_filter(said.text), moved).index.equals(moved.index)
    pd.testing.assert_frame_equal(moved, before)


# -- operators ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("country = 'CN'", [YES, NO, OPEN, OPEN]),
        ("'CN' = country", [YES, NO, OPEN, OPEN]),
        ("country <> 'CN'", [NO, YES, OPEN, OPEN]),
        ("country IN ('CN', 'RU')", [YES, NO, OPEN, OPEN]),
        ("country NOT IN ('CN', 'RU')", [NO, YES, OPEN, OPEN]),
        ("country LIKE 'C%'", [YES, NO, OPEN, OPEN]),
        ("country LIKE 'C_'", [YES, NO, OPEN, OPEN]),
        ("country LIKE 'C'", [NO, NO, OPEN, OPEN]),
        ("country LIKE 'C.'", [NO, NO, OPEN, OPEN]),
        ("country NOT LIKE 'C%'", [NO, YES, OPEN, OPEN]),
        ("country IS NULL", [NO, NO, YES, YES]),
        ("country IS NOT NULL", [YES, YES, NO, NO]),
        ("share BETWEEN 0 AND 0.5", [YES, YES, NO, OPEN]),
        ("share NOT BETWEEN 0 AND 0.5", [NO, NO, YES, OPEN]),
        ("share >= 0.5", [NO, YES, YES, OPEN]),
        ("share < 0.5", [YES, NO, NO, OPEN]),
        ("share <= 0", [YES, NO, NO, OPEN]),
        ("share > 0 AND country = 'FR'", [NO, YES, OPEN, OPEN]),
        ("share >= 0 OR country = 'FR'", [YES, YES, YES, OPEN]),
        ("vendor = 'x'", [OPEN] * 4),
        ("vendor IS NULL", [YES] * 4),
        ("country = 'unknown'", [NO, NO, OPEN, OPEN]),
    ],
)
def test_each_operator(text: str, expected: list[bool | None]):
    assert answers(text) == expected


def test_no_filter_is_met_by_every_row():
    assert answer(None, FRAME).tolist() == [True] * 4


def test_an_empty_frame_has_no_answers():
    assert answers("country = 'CN' AND share > 0", FRAME[:0]) == []


def test_a_number_column_that_the_frame_lacks_is_not_known():
    assert answers("storeys > 3") == [OPEN] * 4


@pytest.mark.parametrize(("text", "expected"), [("country IN (role)", [YES, NO]), ("country LIKE role", [YES, NO])])
def test_a_property_as_a_choice_is_compared_or_refused_but_never_a_silent_no(text: str, expected: list[bool]):
    frame = pd.DataFrame({"country": ["CN", "CN"], "role": ["CN", "FR"]}, dtype="string")
    try:
        found = answers(text, frame)
    except FilterError:
        return
    assert found == expected


def test_what_is_missing_is_named_row_by_row():
    condition = parse_filter("country = 'CN' AND share > 0 AND role = 'owner'")
    assert missing_facts(condition, FRAME) == ["", "role", "country", "country, role, share"]


# -- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "country =", "country == 'CN'", "country = 'CN' AND", "(country = 'CN'", "n IN ()"]
)
def test_what_is_not_cql2_is_refused_with_its_text(text: str):
    with pytest.raises(FilterError, match="is not CQL2") as caught:
        parse_filter(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("share + 1 > 2", "'\\+'"),
        ("casei(country) = 'cn'", "'casei'"),
        ("country = DATE('2020-01-01')", "'date'"),
        ("S_INTERSECTS(geometry, POINT(34 31))", "'s_intersects'"),
    ],
)
def test_an_operator_that_is_not_evaluated_is_named_with_those_that_are(text: str, named: str):
    with pytest.raises(FilterError, match=f"uses {named}; geoprox evaluates and, or, not"):
        parse_filter(text)


@pytest.mark.parametrize(
    "text",
    ["country = 1", "share = '1'", "share LIKE '1'", "share IN ('1')", "share BETWEEN 'a' AND 'b'", "country > 1"],
)
def test_text_is_never_compared_with_a_number(text: str):
    with pytest.raises(FilterError, match="compares text with a number; put text in single quotes"):
        answers(text)


@pytest.mark.parametrize(
    "text",
    ["country", "NOT country", "1", "'CN'", "1 IS NULL", "'CN' IN (country)", "'CN' LIKE 'C%'", "(share = 1) = TRUE"],
)
def test_a_filter_of_an_odd_shape_is_answered_or_refused_by_name(text: str):
    with suppress(FilterError):
        assert len(answers(text)) == len(FRAME)
