"""Bad layers: never a crash, nothing lost, an issue that says where and what to do, and never a silent all-clear."""

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import geoprox as gp
from geoprox.model.columns import FEATURES, LAYER_COLUMNS
from geoprox.model.policy import Policy

Json = dict[str, Any]
SOURCED = {
    "source": "made up for a test",
    "source_url": None,
    "source_type": "third_party",
    "retrieved": "2026-01-01",
    "verification": "single_source",
    "note": None,
}
ENTRY = dict.fromkeys(("title_en", "title_he", "about_en", "about_he", "licence", "attribution"), "made up")
LINKS = """\
link_id,feature_id,party_id,link_country,link_type,ownership_share,role,link_status,valid_from,valid_to,agreement_id,agreement_published,source,source_url,source_type,retrieved,verification,note
link-1,fp-1,party-1,CN,state_owned,0.5,builder,active,2014,,,unknown,a test,,third_party,2026-01-01,single_source,
link-2,fp-2,party-1,CN,state_owned,,builder,active,2014,,,unknown,a test,,third_party,2026-01-01,single_source,
"""
PARTIES = """\
party_id,name_en,name_he,name_zh,country,parent_id,source,source_url,source_type,retrieved,verification,note
party-1,Harbour Company,חברת הנמל,,CN,,a test,,third_party,2026-01-01,single_source,
"""
AUTHORITIES = """\
authority_id,name_en,name_he,abbreviation,remit_en,remit_he,source,source_url,source_type,retrieved,verification,note
auth-raspan,Ports,נמלים,,ports,נמלים,a test,,third_party,2026-01-01,single_source,
auth-mod,Defence,ביטחון,,defence,ביטחון,a test,,third_party,2026-01-01,single_source,
"""


def feature(layer: str, feature_id: str, lon: float) -> Json:
    columns = (*FEATURES, *LAYER_COLUMNS[layer])
    given = {
        **SOURCED,
        "feature_id": feature_id,
        "kind": "thing",
        "name_en": feature_id,
        "name_he": "שם",
        "accuracy_m": 10,
        "precision": "address",
        "status": "operating",
        "military_component": "yes",
        "valid_from": "2014",
        "valid_to": "2030",
    }
    properties = {c.name: given.get(c.name) for c in columns}
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [lon, 31.8]},
    }


def collection(*features: Json) -> Json:
    return {"type": "FeatureCollection", "features": list(features)}


PROJECTS = collection(feature("foreign_projects", "fp-1", 34.65), feature("foreign_projects", "fp-2", 34.66))
PORTS = collection(feature("ports", "port-1", 34.65), feature("ports", "port-2", 34.66))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two projects, two ports and their links, without a fault."""
    lines = ['title_en = "t"', 'title_he = "t"', "as_of = 2026-01-01"]
    for name in ("foreign_projects", "ports"):
        lines += ["[[layer]]", f'id = "{name}"', f'file = "{name}.geojson"', "extent = [34, 29, 36, 34]"]
        lines += [f'{key} = "{value}"' for key, value in ENTRY.items()]
    for name in ("links", "parties", "authorities"):
        lines += ["[[table]]", f'id = "{name}"', f'file = "{name}.csv"', 'title_en = "t"', 'title_he = "t"']
    (tmp_path / "catalog.toml").write_text("\n".join(lines), encoding="utf-8")
    for name, content in (("foreign_projects", PROJECTS), ("ports", PORTS)):
        (tmp_path / f"{name}.geojson").write_text(json.dumps(content), encoding="utf-8")
    for name, text in (("links", LINKS), ("parties", PARTIES), ("authorities", AUTHORITIES)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def policy(repo: Path) -> Policy:
    """The one rule that every project of these tests meets: 5 km of a port with a military part."""
    shipped = gp.read_policy(repo / "layers" / "policy.toml")
    return shipped.model_copy(update={"rule": shipped.rule[:1]})


def verdicts(layers: gp.Layers, policy: Policy, subject: str = "fp-1", site: str = "port-1") -> set[str]:
    """What is said of a project and a port, or of all projects where their layer was not read."""
    found = gp.assess(layers, policy).findings
    own = found["subject_id"].eq(subject).fillna(value=True) & found["object_id"].eq(site).fillna(value=True)
    return set(found.loc[own, "verdict"])


def test_the_folder_of_these_tests_has_no_fault(folder: Path, policy: Policy):
    layers = gp.read_layers(folder)
    assert layers.issues.empty, layers.issues.to_string()
    assert set(layers.coverage["state"]) == {"read"}
    assert verdicts(layers, policy) == {"within"}


# -- files that are no layer --------------------------------------------------------------------------------------

WHOLE = json.dumps(PROJECTS)
UNREADABLE: dict[str, str | bytes] = {
    "not JSON": "feature_id,name_en\n1,a\n",
    "nothing": "",
    "truncated": WHOLE[:-40],
    "trailing text": WHOLE + "{}",
    "binary garbage": bytes(range(256)) * 40,
    "windows-1255": WHOLE.replace("made up", "שם").encode("cp1255") + "שם".encode("cp1255"),
    "UTF-16": WHOLE.encode("utf-16"),
    "a list": "[]",
    "null": "null",
    "a number": "1",
    "a single feature": json.dumps(PROJECTS["features"][0]),
    "a bare geometry": '{"type": "Point", "coordinates": [34.65, 31.8]}',
    "features are null": '{"type": "FeatureCollection", "features": null}',
    "features are an object": '{"type": "FeatureCollection", "features": {}}',
    "no features": '{"type": "FeatureCollection"}',
    "a feature that is no object": json.dumps(collection(*PROJECTS["features"], "fp-3")),
    "a feature that is null": json.dumps(collection(*PROJECTS["features"], None)),
    "nested too deep": '{"type": "FeatureCollection", "features": [' + "[" * 100_000 + "]" * 100_000 + "]}",
    "a number of 5,000 digits": WHOLE.replace('"accuracy_m": 10', '"accuracy_m": ' + "1" * 5000),
    "another CRS": json.dumps(
        {**PROJECTS, "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2039"}}}
    ),
    "another CRS, short": json.dumps({**PROJECTS, "crs": {"type": "name", "properties": {"name": "EPSG:3857"}}}),
    "a CRS that is text": json.dumps({**PROJECTS, "crs": "EPSG:2039"}),
    "a CRS whose properties are text": json.dumps({**PROJECTS, "crs": {"properties": "EPSG:2039"}}),
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_is_no_layer_is_failed_and_its_rules_unknown(folder: Path, policy: Policy, content: str | bytes):
    layer = "ports"
    data = content if isinstance(content, bytes) else content.encode()
    (folder / f"{layer}.geojson").write_bytes(data)
    layers = gp.read_layers(folder)
    row = layers.coverage.set_index("layer").loc[layer]
    assert row["state"] == "failed"
    assert f"{layer}.geojson" in row["message"]
    assert layer not in layers.frames
    assert verdicts(layers, policy) == {"unknown"}


@pytest.mark.parametrize("layer", ["foreign_projects", "ports"])
def test_a_layer_that_is_missing_is_missing_and_its_rules_unknown(folder: Path, policy: Policy, layer: str):
    (folder / f"{layer}.geojson").unlink()
    layers = gp.read_layers(folder)
    row = layers.coverage.set_index("layer").loc[layer]
    assert (row["state"], row["features"]) == ("missing", 0)
    assert "add it, or take it off the catalog" in row["message"]
    assert verdicts(layers, policy) == {"unknown"}


def test_a_layer_that_is_a_folder_is_failed(folder: Path, policy: Policy):
    (folder / "ports.geojson").unlink()
    (folder / "ports.geojson").mkdir()
    layers = gp.read_layers(folder)
    assert layers.coverage.set_index("layer").loc["ports", "state"] == "failed"
    assert verdicts(layers, policy) == {"unknown"}


@pytest.mark.parametrize("layer", ["foreign_projects", "ports"])
def test_an_empty_layer_is_empty_and_its_rules_unknown(folder: Path, policy: Policy, layer: str):
    (folder / f"{layer}.geojson").write_text(json.dumps(collection()))
    layers = gp.read_layers(folder)
    assert layers.coverage.set_index("layer").loc[layer, "state"] == "empty"
    assert verdicts(layers, policy) == {"unknown"}


@pytest.mark.parametrize("crs", ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326"])
def test_a_crs_member_that_says_degrees_is_read(folder: Path, crs: str):
    content = {**PROJECTS, "crs": {"type": "name", "properties": {"name": crs}}}
    (folder / "foreign_projects.geojson").write_text("\ufeff" + json.dumps(content), encoding="utf-8")
    layers = gp.read_layers(folder)
    assert set(layers.coverage["state"]) == {"read"}
    assert layers.issues.empty


# -- features with a fault ----------------------------------------------------------------------------------------

UNKNOWN, WITHIN = {"unknown"}, {"within"}


class Fault(NamedTuple):
    """What is done to the first project, the issue that tells of it, and what may be said of the project."""

    change: Callable[[Json], Any]
    code: str
    verdicts: set[str]
    column: str | None = None


def geometry(value: Any) -> Callable[[Json], Any]:
    return lambda one: one.update(geometry=value)


def placed(kind: str, coordinates: Any) -> Callable[[Json], Any]:
    return geometry({"type": kind, "coordinates": coordinates})


def prop(name: str, value: Any) -> Callable[[Json], Any]:
    return lambda one: one["properties"].update({name: value})


BOW_TIE = [[[34.65, 31.8], [34.66, 31.81], [34.66, 31.8], [34.65, 31.81], [34.65, 31.8]]]
NO_PLACE, NO_DEGREES = "unreadable_geometry", "not_degrees"
FAULTS: dict[str, Fault] = {
    "geometry null": Fault(geometry(None), "missing_geometry", UNKNOWN, "geometry"),
    "geometry absent": Fault(lambda one: one.pop("geometry"), "missing_geometry", UNKNOWN, "geometry"),
    "geometry an empty object": Fault(geometry({}), "missing_geometry", UNKNOWN, "geometry"),
    "geometry text": Fault(geometry("POINT (34.65 31.8)"), NO_PLACE, UNKNOWN, "geometry"),
    "geometry a number": Fault(geometry(5), NO_PLACE, UNKNOWN, "geometry"),
    "geometry a list": Fault(geometry([34.65, 31.8]), NO_PLACE, UNKNOWN, "geometry"),
    "geometry of no type": Fault(placed("Blob", [34.65, 31.8]), NO_PLACE, UNKNOWN, "geometry"),
    "geometry of type null": Fault(geometry({"type": None, "coordinates": [1, 2]}), NO_PLACE, UNKNOWN, "geometry"),
    "point without coordinates": Fault(placed("Point", []), NO_PLACE, UNKNOWN, "geometry"),
    "coordinates null": Fault(placed("Point", None), NO_PLACE, UNKNOWN, "geometry"),
    "coordinates text": Fault(placed("Point", ["34.65", "31.8"]), NO_PLACE, UNKNOWN, "geometry"),
    "one coordinate": Fault(placed("Point", [34.65]), NO_PLACE, UNKNOWN, "geometry"),
    "NaN coordinates": Fault(placed("Point", [float("nan"), 31.8]), NO_PLACE, UNKNOWN, "geometry"),
    "endless coordinates": Fault(placed("Point", [float("inf"), 31.8]), NO_PLACE, UNKNOWN, "geometry"),
    "ring not closed": Fault(
        placed("Polygon", [[[34.6, 31.8], [34.7, 31.8], [34.7, 31.9]]]), NO_PLACE, UNKNOWN, "geometry"
    ),
    "ring of two points": Fault(placed("Polygon", [[[34.6, 31.8], [34.7, 31.8]]]), NO_PLACE, UNKNOWN, "geometry"),
    "nested coordinates": Fault(placed("Polygon", json.loads("[" * 400 + "]" * 400)), NO_PLACE, UNKNOWN, "geometry"),
    "empty collection": Fault(
        geometry({"type": "GeometryCollection", "geometries": []}), NO_PLACE, UNKNOWN, "geometry"
    ),
    "four coordinates": Fault(placed("Point", [34.65, 31.8, 12.0, 5.0]), NO_PLACE, UNKNOWN, "geometry"),
    "ITM metres": Fault(placed("Point", [166_000, 636_000]), NO_DEGREES, UNKNOWN, "geometry"),
    "huge coordinates": Fault(placed("Point", [1e300, 31.8]), NO_DEGREES, UNKNOWN, "geometry"),
    "huge whole coordinates": Fault(placed("Point", [10**30, 31]), NO_DEGREES, UNKNOWN, "geometry"),
    "latitude of 90.1": Fault(placed("Point", [34.65, 90.1]), NO_DEGREES, UNKNOWN, "geometry"),
    "bow-tie": Fault(placed("Polygon", BOW_TIE), "invalid_geometry", WITHIN, "geometry"),
    "latitude first": Fault(placed("Point", [31.8, 34.65]), "swapped", UNKNOWN, "geometry"),
    "accuracy a word": Fault(prop("accuracy_m", "abc"), "not_a_number", UNKNOWN, "accuracy_m"),
    "accuracy negative": Fault(prop("accuracy_m", -5), "not_a_number", UNKNOWN, "accuracy_m"),
    "accuracy NaN": Fault(prop("accuracy_m", float("nan")), "missing_value", UNKNOWN, "accuracy_m"),
    "accuracy endless": Fault(prop("accuracy_m", float("inf")), "not_a_number", UNKNOWN, "accuracy_m"),
    "accuracy null": Fault(prop("accuracy_m", None), "missing_value", UNKNOWN, "accuracy_m"),
    "accuracy true": Fault(prop("accuracy_m", value=True), "not_a_number", UNKNOWN, "accuracy_m"),
    "accuracy a list": Fault(prop("accuracy_m", [10]), "not_a_number", UNKNOWN, "accuracy_m"),
    "accuracy an object": Fault(prop("accuracy_m", {"m": 10}), "not_a_number", UNKNOWN, "accuracy_m"),
    "accuracy of 400 digits": Fault(prop("accuracy_m", 10**400), "not_a_number", UNKNOWN, "accuracy_m"),
    "accuracy absent": Fault(lambda one: one["properties"].pop("accuracy_m"), "missing_value", UNKNOWN, "accuracy_m"),
    "id null": Fault(prop("feature_id", None), "missing_value", set(), "feature_id"),
    "id a number": Fault(prop("feature_id", 7), "not_text", set(), "feature_id"),
    "id an object": Fault(prop("feature_id", {"a": 1}), "not_text", set(), "feature_id"),
    "no such status": Fault(prop("status", "building"), "unknown_value", WITHIN, "status"),
    "no such precision": Fault(prop("precision", "exact"), "unknown_value", WITHIN, "precision"),
    "no such verification": Fault(prop("verification", "sure"), "unknown_value", WITHIN, "verification"),
    "status a list": Fault(prop("status", ["operating"]), "unknown_value", WITHIN, "status"),
    "name empty": Fault(prop("name_he", ""), "missing_value", WITHIN, "name_he"),
    "no date": Fault(prop("valid_from", "soon"), "not_a_date", WITHIN, "valid_from"),
    "date of month 13": Fault(prop("valid_to", "2024-13"), "not_a_date", WITHIN, "valid_to"),
    "date a number": Fault(prop("valid_to", 2030), "not_text", WITHIN, "valid_to"),
    "date of the year 0": Fault(prop("valid_to", "0000"), "not_a_date", WITHIN, "valid_to"),
    "dates reversed": Fault(prop("valid_to", "2013-12-31"), "dates_reversed", WITHIN, "valid_to"),
    "part of nothing": Fault(prop("same_as", "port-9"), "unknown_reference", WITHIN, "same_as"),
    "properties null": Fault(lambda one: one.update(properties=None), "missing_value", set(), "feature_id"),
    "properties absent": Fault(lambda one: one.pop("properties"), "missing_value", set(), "feature_id"),
    "properties a list": Fault(lambda one: one.update(properties=["fp-1"]), "missing_value", set(), "feature_id"),
    "properties text": Fault(lambda one: one.update(properties="fp-1"), "missing_value", set(), "feature_id"),
}


def spoil(folder: Path, change: Callable[[Json], Any]) -> None:
    content = copy.deepcopy(PROJECTS)
    change(content["features"][0])
    (folder / "foreign_projects.geojson").write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_told_and_the_feature_kept(folder: Path, policy: Policy, fault: Fault):
    spoil(folder, fault.change)
    layers = gp.read_layers(folder)
    frame = layers["foreign_projects"]
    assert len(frame) == 2
    assert frame["feature_id"].notna().all()
    told = layers.issues[(layers.issues["code"] == fault.code) & (layers.issues["column"] == fault.column)]
    assert 1 in set(told["row"]), layers.issues[["row", "column", "code", "message"]].to_string()
    assert told["remedy"].str.len().gt(0).all()
    # a project that lost its id has lost its links too: it may not look clear under whatever name it got
    subject = frame["feature_id"].iloc[0]
    assert verdicts(layers, policy, subject) == (fault.verdicts or UNKNOWN)
    assert verdicts(layers, policy, "fp-2", "port-2") == WITHIN or subject == "fp-2"


COORDINATES = {
    "three coordinates": {"type": "Point", "coordinates": [34.65, 31.8, 12.0]},
    "a collection": {
        "type": "GeometryCollection",
        "geometries": [
            {"type": "Point", "coordinates": [34.65, 31.8]},
            {"type": "LineString", "coordinates": [[34.65, 31.8], [34.66, 31.8]]},
        ],
    },
    "many points": {"type": "MultiPoint", "coordinates": [[34.65, 31.8], [34.66, 31.8]]},
    "a line": {"type": "LineString", "coordinates": [[34.65, 31.8], [34.66, 31.8]]},
}


@pytest.mark.parametrize("shape", COORDINATES.values(), ids=COORDINATES.keys())
def test_a_geometry_of_any_kind_is_measured_without_an_issue(folder: Path, policy: Policy, shape: Json):
    spoil(folder, geometry(shape))
    layers = gp.read_layers(folder)
    assert layers.issues.empty
    assert verdicts(layers, policy) == WITHIN


def test_a_point_where_only_the_latitude_is_lost_is_told(folder: Path, policy: Policy):
    spoil(folder, placed("Point", [34.65, float("nan")]))
    layers = gp.read_layers(folder)
    assert layers.issues["code"].tolist() == ["unreadable_geometry"]
    assert verdicts(layers, policy) == UNKNOWN


def test_a_swapped_point_is_told_to_look_swapped(folder: Path):
    spoil(folder, placed("Point", [31.8, 34.65]))
    (issue,) = gp.read_layers(folder).issues.itertuples()
    assert "longitude and latitude look swapped; put longitude first" in issue.remedy


def test_a_column_that_is_missing_is_told_once_and_one_that_is_not_known_too(folder: Path):
    content = copy.deepcopy(PROJECTS)
    for one in content["features"]:
        one["properties"]["colour"] = "red"
        del one["properties"]["precision"]
    (folder / "foreign_projects.geojson").write_text(json.dumps(content))
    issues = gp.read_layers(folder).issues
    assert issues[["column", "code"]].to_numpy().tolist() == [
        ["colour", "unknown_column"],
        ["precision", "missing_column"],
    ]
    assert gp.read_layers(folder)["foreign_projects"]["colour"].eq("red").any()  # kept, nothing is lost


def test_an_id_used_twice_in_a_layer_keeps_its_first_owner_and_the_second_is_unknown(folder: Path, policy: Policy):
    spoil(folder, prop("feature_id", "fp-2"))
    layers = gp.read_layers(folder)
    assert layers["foreign_projects"]["feature_id"].tolist() == ["fp-2", "fp-2#2"]
    assert layers.issues[["row", "code"]].to_numpy().tolist()[0] == [2, "duplicate_id"]
    assert verdicts(layers, policy, "fp-2#2") == UNKNOWN


def test_an_id_used_in_two_layers_keeps_its_first_owner(folder: Path, policy: Policy):
    spoil(folder, prop("feature_id", "port-2"))
    layers = gp.read_layers(folder)
    assert layers["ports"]["feature_id"].tolist() == ["port-1", "port-2#2"]
    assert layers.issues.loc[layers.issues["code"] == "duplicate_id", ["layer", "row"]].to_numpy().tolist() == [
        ["ports", 2]
    ]
    assert verdicts(layers, policy, "fp-2", "port-2#2") == WITHIN


def test_very_long_text_is_kept_whole(folder: Path):
    spoil(folder, prop("note", "א" * 1_000_000))
    assert gp.read_layers(folder)["foreign_projects"]["note"].str.len().iloc[0] == 1_000_000


def test_zero_is_a_coordinate(folder: Path):
    spoil(folder, placed("Point", [0, 0]))
    layers = gp.read_layers(folder)
    # it is read as such, and lies where the layer claims to have nothing: told, and not judged
    assert layers.issues["code"].tolist() == ["outside_extent"]
    assert layers["foreign_projects"].geometry.iloc[0] is None


# -- tables -------------------------------------------------------------------------------------------------------


def write_links(folder: Path, text: str | bytes) -> gp.Layers:
    (folder / "links.csv").write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return gp.read_layers(folder)


@pytest.mark.parametrize(
    "text",
    [
        LINKS.replace("Harbour", "x").replace("a test", "בדיקה").encode("cp1255"),
        LINKS.encode("utf-16"),
        LINKS.replace("a test,,third", '"a test,,third'),
        bytes(range(128, 256)) * 40,
    ],
    ids=["windows-1255", "UTF-16", "quote not closed", "binary garbage"],
)
def test_links_that_cannot_be_read_are_failed_and_every_rule_on_them_unknown(
    folder: Path, policy: Policy, text: str | bytes
):
    layers = write_links(folder, text)
    assert layers.coverage.set_index("layer").loc["links", "state"] == "failed"
    assert verdicts(layers, policy) == UNKNOWN


@pytest.mark.parametrize("text", ["", LINKS.splitlines()[0] + "\n"], ids=["nothing", "a header only"])
def test_links_without_rows_are_empty_and_every_rule_on_them_unknown(folder: Path, policy: Policy, text: str):
    layers = write_links(folder, text)
    assert layers.coverage.set_index("layer").loc["links", "state"] == "empty"
    assert verdicts(layers, policy) == UNKNOWN


def test_links_that_are_missing_make_every_rule_on_them_unknown(folder: Path, policy: Policy):
    (folder / "links.csv").unlink()
    layers = gp.read_layers(folder)
    assert layers.coverage.set_index("layer").loc["links", "state"] == "missing"
    assert verdicts(layers, policy) == UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + LINKS,
        LINKS.replace("\n", "\r\n"),
        LINKS.replace("a test", '"a\n test"'),
        LINKS.replace("a test", '"a ""test"", quoted"'),
        LINKS.replace("a test", '"a\u2028test"'),
        LINKS.rstrip("\n"),
        LINKS + "\n",
    ],
    ids=[
        "BOM",
        "CRLF",
        "quoted newline",
        "quoted quotes",
        "quoted line separator",
        "no last newline",
        "blank last line",
    ],
)
def test_links_as_programs_write_them_are_read(folder: Path, policy: Policy, text: str):
    layers = write_links(folder, text)
    assert layers.issues.empty, layers.issues.to_string()
    assert len(layers.tables["links"]) == 2
    assert verdicts(layers, policy) == WITHIN


def test_a_line_separator_inside_a_cell_splits_no_row(folder: Path):
    layers = write_links(folder, LINKS.replace("a test", "a\u2028test"))
    assert len(layers.tables["links"]) == 2
    assert layers.issues.empty


@pytest.mark.parametrize("tail", [",more", ",,,"], ids=["a value too many", "commas too many"])
def test_a_row_that_is_too_long_is_told_and_kept(folder: Path, tail: str):
    lines = LINKS.splitlines()
    layers = write_links(folder, "\n".join([lines[0], lines[1] + tail, lines[2]]))
    assert layers.issues[["layer", "row", "code"]].to_numpy().tolist() == [["links", 1, "row_length"]]
    assert len(layers.tables["links"]) == 2


def test_a_row_that_is_too_short_is_told_and_kept(folder: Path):
    layers = write_links(folder, LINKS + "link-3,fp-2\n")
    assert {"row_length", "missing_value"} == set(layers.issues["code"])
    assert set(layers.issues["row"]) == {3}
    assert len(layers.tables["links"]) == 3


def test_a_blank_line_does_not_shift_the_row_that_an_issue_names(folder: Path):
    lines = LINKS.splitlines()
    shares = [lines[0], lines[1], "", lines[2].replace("state_owned,,", "state_owned,1.5,")]
    layers = write_links(folder, "\n".join(shares))
    # row 2 of the table, which is line 4 of the file
    assert layers.issues[["row", "column"]].to_numpy().tolist() == [[2, "ownership_share"]]


@pytest.mark.parametrize(
    ("old", "new", "code", "column"),
    [
        (",0.5,", ",1.5,", "not_a_number", "ownership_share"),
        (",0.5,", ",-0.1,", "not_a_number", "ownership_share"),
        (",0.5,", ",50%,", "not_a_number", "ownership_share"),
        ("link-1,fp-1", "link-1,fp-9", "unknown_reference", "feature_id"),
        ("link-1,fp-1,party-1", "link-1,fp-1,party-9", "unknown_reference", "party_id"),
        ("state_owned,0.5", "state,0.5", "unknown_value", "link_type"),
        (
            "builder,active,2014,,,unknown,a test,,third_party,2026-01-01,single_source,\nlink-2",
            "builder,gone,2014,,,unknown,a test,,third_party,2026-01-01,single_source,\nlink-2",
            "unknown_value",
            "link_status",
        ),
        ("link-1,", ",", "missing_value", "link_id"),
        ("link-2,", "link-1,", "duplicate_id", "link_id"),
        ("ownership_share", "share", "missing_column", "ownership_share"),
        ("link_country", "country", "missing_column", "link_country"),
    ],
)
def test_a_fault_of_a_link_is_told_and_the_link_kept(folder: Path, old: str, new: str, code: str, column: str):
    assert old in LINKS
    layers = write_links(folder, LINKS.replace(old, new, 1))
    told = layers.issues[layers.issues["code"] == code]
    assert told["column"].tolist() == [column]
    assert told["remedy"].str.len().gt(0).all()
    assert len(layers.tables["links"]) == 2


def test_a_link_whose_feature_is_misspelt_leaves_its_project_unknown(folder: Path, policy: Policy):
    layers = write_links(folder, LINKS.replace("link-1,fp-1", "link-1,fp1"))
    assert verdicts(layers, policy) == UNKNOWN


def test_links_without_a_country_column_leave_every_project_unknown(folder: Path, policy: Policy):
    layers = write_links(folder, LINKS.replace("link_country", "country"))
    assert verdicts(layers, policy) == UNKNOWN


def test_two_parties_with_one_id_are_told_and_the_assessment_stands(folder: Path, policy: Policy):
    (folder / "parties.csv").write_text(PARTIES + PARTIES.splitlines()[1] + "\n", encoding="utf-8")
    layers = gp.read_layers(folder)
    assert verdicts(layers, policy) == WITHIN
    assert "duplicate_id" in set(layers.issues["code"])


def test_two_authorities_with_one_id_are_told(folder: Path):
    (folder / "authorities.csv").write_text(AUTHORITIES + AUTHORITIES.splitlines()[1] + "\n", encoding="utf-8")
    assert "duplicate_id" in set(gp.read_layers(folder).issues["code"])


def test_parties_that_are_missing_take_no_finding_away(folder: Path, policy: Policy):
    (folder / "parties.csv").unlink()
    assert verdicts(gp.read_layers(folder), policy) == WITHIN


def test_an_authority_that_no_table_names_is_an_issue_of_the_assessment(folder: Path, policy: Policy):
    (folder / "authorities.csv").write_text("\n".join(AUTHORITIES.splitlines()[:2]), encoding="utf-8")
    issues = gp.assess(gp.read_layers(folder), policy).issues
    assert issues[["layer", "code"]].to_numpy().tolist() == [["policy", "unknown_reference"]]
    assert "auth-mod" in issues["message"].iloc[0]


# -- the catalog --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [None, "[[layer", "layer = []", 'title_en = "t"', b"\xff\xfe"])
def test_a_catalog_that_cannot_be_used_is_an_error_that_names_it(folder: Path, content: str | bytes | None):
    path = folder / "catalog.toml"
    path.unlink()
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(gp.DefinitionError, match=r"catalog\.toml"):
        gp.read_layers(folder)


def test_a_folder_that_is_not_there_is_an_error_that_names_it(tmp_path: Path):
    with pytest.raises(gp.DefinitionError, match="nowhere"):
        gp.read_layers(tmp_path / "nowhere")


def test_two_entries_with_one_id_are_an_error(folder: Path):
    path = folder / "catalog.toml"
    path.write_text(path.read_text().replace('id = "ports"', 'id = "foreign_projects"'))
    with pytest.raises(gp.DefinitionError, match="foreign_projects"):
        gp.read_layers(folder)


# -- laws ---------------------------------------------------------------------------------------------------------


def test_reading_changes_no_file(folder: Path):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    gp.read_layers(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_every_fault_is_told_at_once(folder: Path):
    content = copy.deepcopy(PROJECTS)
    prop("accuracy_m", "abc")(content["features"][0])
    geometry(None)(content["features"][0])
    prop("status", "gone")(content["features"][1])
    (folder / "foreign_projects.geojson").write_text(json.dumps(content))
    issues = write_links(folder, LINKS.replace(",0.5,", ",7,")).issues
    assert set(issues["code"]) == {"not_a_number", "missing_geometry", "unknown_value"}
    assert set(issues["layer"]) == {"foreign_projects", "links"}


@pytest.mark.parametrize("seed", range(int(os.environ.get("GEOPROX_FUZZ", "15"))))
def test_a_damaged_file_never_crashes_and_never_clears(folder: Path, policy: Policy, seed: int):
    draw = np.random.default_rng(seed)
    name = ["foreign_projects.geojson", "ports.geojson", "links.csv"][seed % 3]
    data = bytearray((folder / name).read_bytes())
    for _ in range(draw.integers(1, 6)):
        at = int(draw.integers(len(data)))
        data[at : at + int(draw.integers(0, 4))] = draw.bytes(int(draw.integers(0, 4)))
    (folder / name).write_bytes(data)
    layers = gp.read_layers(folder)
    untouched = layers.issues.empty and set(layers.coverage["state"]) == {"read"}
    found = gp.assess(layers, policy).findings
    assert isinstance(found, pd.DataFrame)
    assert len(found) or not untouched
