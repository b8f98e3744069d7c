"""Policies: which rule applies when a subject is near an object, who is asked, and how findings are weighed.

A policy is data that planners edit. Code has only two kinds of rule: one with an object and a distance, and
one on the subject alone.
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from geoprox.errors import FilterError
from geoprox.model.columns import FEATURES, LAYER_COLUMNS, LINKS
from geoprox.model.definitions import Definition, read_definition
from geoprox.model.filters import Filter, parse_filter
from geoprox.model.vocabulary import LinkType, Outcome, Role


def _parsed(value: object) -> object:
    try:
        return parse_filter(value) if isinstance(value, str) else value
    except FilterError as error:
        raise ValueError(str(error)) from error


Condition = Annotated[Filter, BeforeValidator(_parsed), PlainSerializer(lambda f: f.text)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
Text = Annotated[str, Field(min_length=1)]


class Rule(Definition):
    """One condition with its outcome.

    With ``object_layer`` the rule asks whether a subject is within ``within_m`` (inclusive) of an object;
    without, it asks something of the subject alone. ``about`` says whether a finding tells of the site or only
    of the link. ``subject_filter``, ``link_filter`` and ``object_filter`` are CQL2 over the subject, its links
    and the object.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    about: Literal["site", "link"] = "site"
    title_en: Text
    title_he: Text
    subject_layer: Text
    subject_filter: Condition | None = None
    link_filter: Condition | None = None
    object_layer: str | None = None
    object_filter: Condition | None = None
    within_m: Annotated[float, Field(strict=True, gt=0, le=1_000_000)] | None = None
    distance_basis_en: str | None = None
    distance_basis_he: str | None = None
    outcome: Outcome
    authorities: Annotated[tuple[str, ...], Field(min_length=1)]
    rationale_en: Text
    rationale_he: Text
    citation: Text
    valid_from: date | None = None
    valid_to: date | None = None

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        needs = {
            "within_m": self.within_m,
            "distance_basis_en": self.distance_basis_en,
            "distance_basis_he": self.distance_basis_he,
        }
        missing = [name for name, value in needs.items() if value is None]
        if self.object_layer and missing:
            message = (
                f"rule {self.id} has an object_layer and so needs {', '.join(missing)}: how far, and on what basis"
            )
            raise ValueError(message)
        if not self.object_layer and (len(missing) < len(needs) or self.object_filter):
            message = (
                f"rule {self.id} has a distance or an object_filter but no object_layer; name the layer or remove them"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _asks_for_known_columns(self) -> Self:
        asked = (
            ("subject_filter", self.subject_filter, _columns(self.subject_layer)),
            ("link_filter", self.link_filter, {c.name for c in LINKS}),
            ("object_filter", self.object_filter, _columns(self.object_layer)),
        )
        for name, condition, known in asked:
            strange = sorted(condition.names - known) if condition and known else []
            if strange:
                message = (
                    f"{name} of rule {self.id} asks for {', '.join(strange)}; "
                    f"the columns are {', '.join(sorted(known))}"
                )
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            message = (
                f"rule {self.id}: valid_to {self.valid_to} is before valid_from {self.valid_from}; mend one of the two"
            )
            raise ValueError(message)
        return self

    def holds_on(self, day: date) -> bool:
        """Return whether the rule is in force on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class Score(Definition):
    """How findings and links are weighed, each weight in 0..1, and where the classes begin (0..100).

    ``ask_from`` is the likelihood from which a possible finding brings its authorities into the risk table.
    """

    basis_en: Text
    basis_he: Text
    outcome: dict[Outcome, Share]
    link_type: dict[LinkType, Share]
    role: dict[Role, Share]
    secret_agreement: Share
    ask_from: Share
    high_from: Annotated[float, Field(gt=0, le=100)]
    medium_from: Annotated[float, Field(gt=0, le=100)]

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        for name, have, want in (
            ("outcome", self.outcome, Outcome),
            ("link_type", self.link_type, LinkType),
            ("role", self.role, Role),
        ):
            missing = [member.value for member in want if member not in have]
            if missing:
                message = f"score.{name} has no weight for {', '.join(missing)}; add one"
                raise ValueError(message)
        if self.medium_from >= self.high_from:
            message = f"medium_from ({self.medium_from}) must be below high_from ({self.high_from})"
            raise ValueError(message)
        return self


def _unique(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    ids = [rule.id for rule in rules]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        message = f"rule id {', '.join(twice)} is used twice; rename one"
        raise ValueError(message)
    return rules


class Policy(Definition):
    """A set of rules with a version."""

    id: Text
    version: Text
    title_en: Text
    title_he: Text
    about_en: Text
    about_he: Text
    score: Score
    rule: Annotated[tuple[Rule, ...], Field(min_length=1), AfterValidator(_unique)]

    def rules_on(self, day: date) -> tuple[Rule, ...]:
        """Return the rules in force on a day."""
        return tuple(rule for rule in self.rule if rule.holds_on(day))


def read_policy(path: str | Path) -> Policy:
    """Read a policy from TOML.

    Raises
    ------
    DefinitionError
        The file is missing, is not TOML, or says something that cannot be used; every fault is named with its line.

    Examples
    --------
    >>> policy = read_policy("layers/policy.toml")
    >>> policy.rule[0].outcome
    <Outcome.CONSULT: 'consult'>
    """
    return read_definition(path, Policy)


def _columns(layer: str | None) -> set[str]:
    """Return the columns of a layer that geoprox knows; of another layer nothing is known, so nothing is required."""
    if layer is None or layer not in LAYER_COLUMNS:
        return set()
    return {c.name for c in (*FEATURES, *LAYER_COLUMNS[layer])}
