"""Cases that a planner can read: an entry builds a subject, an object and links, and says what a rule makes of them.

An entry of ``tests/cases/*.toml``:

- ``name``; ``rule``, the id of a rule of layers/policy.toml, or ``[rule]`` at the head of the file; ``changes`` to that
  rule; ``as_of``.
- ``subject``, ``object``: columns of the feature. ``geometry = false`` leaves it without one,
  ``accuracy_m = "missing"`` without a radius.
- ``apart_m``: how far the object lies east of the subject. ``links``: columns of each; by default one Chinese
  builder at work.
- ``absent``, ``empty``: files that are not there, or hold nothing.
- ``verdict``: within, possible, unknown; ``outside`` (no finding, since too far) or ``no finding`` (its condition is
  surely not met).
- Further expectations: ``reason`` and ``reason_he`` (parts of it), ``link``, ``authority``, ``likelihood`` (from, to).

``within_m = "apart"`` sets the threshold to the very distance that is measured.
"""

import csv
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pyproj import Geod
from shapely import Point

import geoprox as gp
from geoprox.model.columns import AUTHORITIES, FEATURES, LAYER_COLUMNS, LINKS, PARTIES
from geoprox.model.policy import Policy, Rule

CASES = Path(__file__).parents[1] / "cases"
EXPECTED = {"verdict", "reason", "reason_he", "link", "authority", "likelihood"}
GIVEN = {"name", "rule", "changes", "as_of", "subject", "object", "apart_m", "links", "absent", "empty"}
COLUMNS = {**LAYER_COLUMNS, "links": LINKS, "parties": PARTIES, "authorities": AUTHORITIES}
AT = (34.65, 31.80)
SOURCED = {
    "source": "made up for a test",
    "source_type": "third_party",
    "retrieved": "2026-01-01",
    "verification": "single_source",
}
FEATURE = {**SOURCED, "kind": "thing", "accuracy_m": 0, "precision": "footprint", "status": "operating"}
SITE = {"military_component": "yes", "system": "cctv"}
LINK = {
    **SOURCED,
    "feature_id": "subject",
    "party_id": "party",
    "link_country": "CN",
    "link_type": "state_owned",
    "role": "builder",
    "link_status": "active",
    "agreement_published": "unknown",
}
TOLD = dict.fromkeys(("title_en", "title_he", "rationale_en", "rationale_he", "citation"), "made up for a test")
BASIS = dict.fromkeys(("distance_basis_en", "distance_basis_he"), "made up for a test")


def read_cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        for case in content["case"]:
            yield pytest.param({"rule": content.get("rule"), **case}, id=f"{path.stem}: {case['name']}")


def make_rule(case: Mapping[str, Any], policy: Policy) -> Rule:
    rule = case["rule"]
    if isinstance(rule, str):
        rule = next(shipped.model_dump() for shipped in policy.rule if shipped.id == rule)
    else:
        rule = {**TOLD, **(BASIS if "object_layer" in rule else {}), **rule}
    changes = dict(case.get("changes", {}))
    if changes.get("within_m") == "apart":
        changes["within_m"] = float(gp.distance([Point(AT)], [position(case["apart_m"])])[0])
    return Rule.model_validate({**rule, **changes})


def position(apart_m: float) -> Point:
    lon, lat, _ = Geod(ellps="WGS84").fwd(*AT, 90, apart_m)
    return Point(lon, lat)


def feature(given: Mapping[str, Any], default_id: str, at: Point) -> dict[str, Any]:
    properties = {"feature_id": default_id, "name_en": default_id.title(), "name_he": "שם", **FEATURE, **SITE, **given}
    if properties["accuracy_m"] == "missing":
        properties["accuracy_m"] = None
    geometry = None if properties.pop("geometry", True) is False else at.__geo_interface__
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def write_folder(folder: Path, case: Mapping[str, Any], rule: Rule) -> Path:
    subjects = [feature(case.get("subject", {}), "subject", Point(AT))]
    objects = [feature(case.get("object", {}), "object", position(case.get("apart_m", 0)))]
    layers = {rule.subject_layer: subjects}
    if rule.object_layer:
        layers[rule.object_layer] = [*layers.get(rule.object_layer, []), *objects]
    tables = {
        "links": [{"link_id": f"link-{n}", **LINK, **link} for n, link in enumerate(case.get("links", [{}]), 1)],
        "parties": [{"party_id": "party", "name_en": "The Party", **SOURCED}],
        "authorities": [{"authority_id": i, "name_en": i, "name_he": "רשות", **SOURCED} for i in rule.authorities],
    }
    lines = ['title_en = "t"', 'title_he = "t"', "as_of = 2026-01-01"]
    for name, features in layers.items():
        lines += ["[[layer]]", "extent = [34, 29, 36, 34]"]
        lines += [
            f'{key} = "{key}"' for key in ("title_en", "title_he", "about_en", "about_he", "licence", "attribution")
        ]
        lines += [f'id = "{name}"', f'file = "{name}.geojson"']
        known = {c.name for c in (*FEATURES, *COLUMNS[name])}
        for one in features:
            one["properties"] = {k: v for k, v in one["properties"].items() if k in known}
        held = [] if name in case.get("empty", []) else features
        (folder / f"{name}.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": held}))
    for name, rows in tables.items():
        lines += ["[[table]]", f'id = "{name}"', f'file = "{name}.csv"', f'title_en = "{name}"', f'title_he = "{name}"']
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [c.name for c in COLUMNS[name]])
            writer.writeheader()
            writer.writerows([] if name in case.get("empty", []) else rows)
    (folder / "catalog.toml").write_text("\n".join(lines))
    for name in case.get("absent", []):
        (folder / f"{name}{'.csv' if name in tables else '.geojson'}").unlink()
    return folder


@pytest.fixture(scope="module")
def policy(repo: Path) -> Policy:
    return gp.read_policy(repo / "layers" / "policy.toml")


@pytest.mark.parametrize("case", list(read_cases()))
def test_the_case_holds(case: dict[str, Any], policy: Policy, tmp_path: Path):
    assert set(case) <= GIVEN | EXPECTED, f"not words of a case: {set(case) - GIVEN - EXPECTED}"
    rule = make_rule(case, policy)
    layers = gp.read_layers(write_folder(tmp_path, case, rule))
    risk = gp.assess(layers, policy.model_copy(update={"rule": (rule,)}), as_of=case.get("as_of"))
    if case["verdict"] in ("outside", "no finding"):
        assert risk.findings.empty, risk.findings[["subject_id", "object_id", "verdict", "reason_en"]].to_string()
        assert risk.table["unknown_count"].sum() == 0
        assert may_reach(case, rule) is not (case["verdict"] == "outside")
        return
    assert risk.findings["verdict"].tolist() == [case["verdict"]]
    found = risk.findings.iloc[0]
    assert case.get("reason", "") in found["reason_en"]
    assert case.get("reason_he", "") in found["reason_he"]
    if "link" in case:
        assert found["link_id"] == case["link"]
    assert set(case.get("authority", [])) <= set(found["authority"].split("; "))
    low, high = case.get("likelihood", (0, 1))
    assert case["verdict"] == "unknown" or low <= found["likelihood"] <= high


def may_reach(case: Mapping[str, Any], rule: Rule) -> bool:
    """Whether the two may be within the rule's distance, positions being what they are."""
    doubt = sum(case.get(side, {}).get("accuracy_m", 0) for side in ("subject", "object"))
    return rule.within_m is None or case.get("apart_m", 0) - doubt <= rule.within_m


def test_every_rule_that_ships_has_a_case_that_finds_and_one_that_does_not(policy: Policy):
    cases = [param.values[0] for param in read_cases()]
    for rule in policy.rule:
        verdicts = {case["verdict"] for case in cases if case["rule"] == rule.id}
        assert verdicts & {"within", "possible"}, f"add a case to tests/cases in which {rule.id} finds something"
        assert verdicts & {"outside", "no finding"}, f"add a case to tests/cases in which {rule.id} finds nothing"
        assert "unknown" in verdicts, f"add a case to tests/cases in which {rule.id} cannot be judged"


def test_the_cases_speak_of_every_verdict():
    assert {param.values[0]["verdict"] for param in read_cases()} == {
        "within",
        "possible",
        "outside",
        "unknown",
        "no finding",
    }


def test_a_case_that_expects_the_wrong_verdict_fails(policy: Policy, tmp_path: Path):
    with pytest.raises(AssertionError):
        test_the_case_holds({"rule": "port-beside", "verdict": "possible"}, policy, tmp_path)
