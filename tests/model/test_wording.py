"""Words for people: every value in both languages, and a distance with no more digits than its doubt allows."""

import re
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoprox.model import vocabulary as v
from geoprox.model.wording import ATTRIBUTES, WORDS, say, say_attribute, say_distance

HEBREW = re.compile(r"[\u05d0-\u05ea]")
SAID = (v.Verdict, v.Outcome, v.Role, v.RiskClass)


@pytest.mark.parametrize("member", [member for group in SAID for member in group], ids=str)
def test_every_value_that_a_reason_names_is_said_in_hebrew(member: StrEnum):
    # "unknown" is a class as well as a verdict and is said once
    assert HEBREW.search(say(member, "he"))
    assert "_" not in say(member, "en")


@pytest.mark.parametrize("words", [*WORDS.values(), *ATTRIBUTES.values()], ids=lambda w: w[0])
def test_every_entry_is_english_then_hebrew(words: tuple[str, str]):
    assert not HEBREW.search(words[0])
    assert HEBREW.search(words[1])


def test_a_value_without_words_reads_as_itself():
    assert say("none_found", "en") == "none found"
    assert say_attribute("storeys", "he") == "storeys"


@pytest.mark.parametrize(
    ("metres", "doubt", "english", "hebrew"),
    [
        (0, 0, "0 m", "0 מ'"),
        (985.3, 0, "985 m", "985 מ'"),
        (999.4, 0, "999 m", "999 מ'"),
        (999.6, 0, "1 km", '1 ק"מ'),
        (1000, 0, "1 km", '1 ק"מ'),
        (1234, 0, "1.23 km", '1.23 ק"מ'),
        (10_000, 0, "10 km", '10 ק"מ'),
        (100_000, 0, "100 km", '100 ק"מ'),
        (1_234_000, 0, "1,234 km", '1,234 ק"מ'),
        (985.3, 60, "990 m", "990 מ'"),
        (985.3, 800, "1 km", '1 ק"מ'),
        (2446.1, 1230, "2.4 km", '2.4 ק"מ'),
        (9500, 7000, "10 km", '10 ק"מ'),
        (float("nan"), 0, "not known", "לא ידוע"),
    ],
)
def test_a_distance_in_words(metres: float, doubt: float, english: str, hebrew: str):
    assert say_distance(metres, "en", doubt_m=doubt) == english
    assert say_distance(metres, "he", doubt_m=doubt) == hebrew


@given(st.floats(0, 1e7), st.floats(0, 1e5))
def test_a_distance_in_words_is_off_by_no_more_than_its_doubt_or_a_half_percent(metres: float, doubt: float):
    number, unit = say_distance(metres, "en", doubt_m=doubt).split()
    said = float(number.replace(",", "")) * {"m": 1, "km": 1000}[unit]
    assert abs(said - metres) <= max(0.5, doubt, 0.005 * metres) * (1 + 1e-9)
