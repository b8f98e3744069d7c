"""What a map shows, as a value; and the one file it is written to."""

import builtins
import importlib
import json
import re
import sys
from collections import Counter
from dataclasses import replace
from datetime import date

import folium
import geopandas as gpd
import numpy as np
import pytest
import shapely
from folium.plugins import Fullscreen

from geoprox import geodesy
from geoprox.errors import DefinitionError, FormatError, InstallationError
from geoprox.layers import read_layers
from geoprox.model.policy import read_policy
from geoprox.pipeline import assess
from geoprox.webmaps import make_map, read_map, write_index, write_map
from geoprox.webmaps.lengths import distance_text, interval_text, share_text
from geoprox.webmaps.page import as_data
from geoprox.webmaps.scene import make_scene
from geoprox.webmaps.selfcontained import sealed, self_contained

MAPS = ["ashdod_port_hinterland", "elbatech_park", "haifa_bay", "eilat", "national_overview"]


@pytest.fixture(scope="module")
def scene_of(repo, layers, assessment):
    made = {}

    def scene(name):
        if name not in made:
            made[name] = make_scene(assessment, layers, read_map(repo / f"maps/{name}.toml"))
        return made[name]

    return scene


@pytest.fixture(scope="module")
def ashdod(repo):
    return read_map(repo / "maps/ashdod_port_hinterland.toml")


def ids(scene, key):
    return [feature["id"] for feature in scene["features"] if feature[key]]


@pytest.mark.parametrize("name", MAPS)
def test_every_map_of_the_folder_is_one_value_of_plain_json(scene_of, name):
    scene = scene_of(name)
    assert json.loads(json.dumps(scene, allow_nan=False)) == json.loads(json.dumps(scene))
    assert scene["features"]
    assert scene["base"]["towns"]
    assert scene["base"]["land"]["geometries"]
    assert scene["base"]["credit"]


@pytest.mark.parametrize("name", MAPS)
def test_every_text_has_both_languages(scene_of, name):
    def texts(value):
        if isinstance(value, dict):
            if set(value) == {"en", "he"}:
                yield value
            else:
                for part in value.values():
                    yield from texts(part)
        elif isinstance(value, list | tuple):
            for part in value:
                yield from texts(part)

    for text in texts(scene_of(name)):
        assert bool(text["en"]) == bool(text["he"]), text


@pytest.mark.parametrize("name", MAPS)
def test_features_in_the_frame_are_those_of_the_data(repo, layers, assessment, scene_of, name):
    definition = read_map(repo / f"maps/{name}.toml")
    frame = shapely.box(*definition.bounds)
    gone = set(assessment.excluded["feature_id"])
    for layer in definition.layers:
        if layer == "municipalities":
            continue
        data = layers[layer]
        data = data[~data["feature_id"].isin(gone)]
        areas = data.geometry.to_numpy().copy()
        points = shapely.get_type_id(areas) == shapely.GeometryType.POINT
        areas[points] = geodesy.buffer(areas[points], data["accuracy_m"].to_numpy(dtype=float)[points])
        expected = set(data.loc[shapely.intersects(areas, frame), "feature_id"])
        shown = {f["id"] for f in scene_of(name)["features"] if f["inFrame"] and f["layer"] == layer}
        assert shown == expected
        entry = next(entry for entry in scene_of(name)["layers"] if entry["id"] == layer)
        assert entry["count"] == len(expected)


def test_what_did_not_exist_on_the_day_is_not_shown(assessment, scene_of):
    shown = set(ids(scene_of("national_overview"), "id"))
    assert len(assessment.excluded)
    assert not shown & set(assessment.excluded["feature_id"])


def test_ashdod_shows_what_the_paper_tells_of(scene_of):
    scene = scene_of("ashdod_port_hinterland")
    shown = set(ids(scene, "inFrame"))
    assert {"fp-ashdod-south-port", "port-ashdod-old", "fp-ashdod-logistics-centre", "fp-eshkol-avshal"} <= shown
    assert {(ring["rule"], tuple(ring["objects"]), ring["label"]["en"], ring["outer"]) for ring in scene["rings"]} == {
        ("port-hinterland", ("port-ashdod-old",), "5 km", False),
        ("port-beside", ("port-ashdod-south",), "1 km", False),
        ("port-beside", ("port-ashdod-old",), "up to 2.2 km", True),
    }


def test_the_elbatech_map_has_possible_verdicts_only_and_says_so(scene_of):
    scene = scene_of("elbatech_park")
    named = {"fp-ashdod-hitech-park", "def-elbatech-asd", "def-elta-asd"}
    assert named <= set(ids(scene, "inFrame"))
    assert named <= {name for circle in scene["circles"] for name in circle["features"]}
    near = [f for f in scene["findings"] if f["subject"] == "fp-ashdod-hitech-park" and f["rule"] == "defence-industry"]
    assert {f["object"] for f in near} >= named - {"fp-ashdod-hitech-park"}
    assert {f["verdict"] for f in scene["findings"] if f["rule"] == "defence-industry"} <= {"possible", "unknown"}
    assert "possible" in scene["notes"][0]["en"]
    assert "אפשרי" in scene["notes"][0]["he"]
    # no ring at the rule's own distance where the position is vaguer than it
    assert all(ring["outer"] for ring in scene["rings"] if set(ring["objects"]) & named)


@pytest.mark.parametrize("name", MAPS)
def test_circles_come_once_for_all_that_share_them(scene_of, name):
    scene = scene_of(name)
    keys = [(*circle["at"], circle["radius_m"], circle["layer"]) for circle in scene["circles"]]
    assert len(keys) == len(set(keys))
    held = Counter(feature for circle in scene["circles"] for feature in circle["features"])
    assert set(held.values()) <= {1}


def test_what_is_vaguer_than_the_map_is_named_and_not_drawn(scene_of):
    scene = scene_of("eilat")
    assert "fp-eilat-railway" in ids(scene, "wide")
    assert "fp-eilat-railway" not in {name for circle in scene["circles"] for name in circle["features"]}


def test_rings_hold_every_point_of_the_rules_distance(layers, scene_of):
    ring = next(r for r in scene_of("ashdod_port_hinterland")["rings"] if r["rule"] == "port-hinterland")
    ports = layers["ports"].set_index("feature_id").geometry
    edge = shapely.points(shapely.get_coordinates(shapely.geometry.shape(ring["shape"])))
    far = geodesy.distance(np.full(len(edge), ports["port-ashdod-old"], dtype=object), edge)
    assert far.min() >= 5000 - 2  # coordinates are written to a metre
    assert far.max() <= 5000 * 1.0001 + 2


def test_lines_join_nearest_points_of_findings_within(assessment, scene_of):
    lines = {(line["subject"], line["object"]): line for line in scene_of("ashdod_port_hinterland")["lines"]}
    within = assessment.findings[(assessment.findings["verdict"] == "within") & (assessment.findings["distance_m"] > 0)]
    shown = within[within["subject_id"].str.contains("ashdod|eshkol")]
    assert set(lines) == set(zip(shown["subject_id"], shown["object_id"], strict=True))
    for row in shown.to_dict("records"):
        ends = shapely.points(lines[row["subject_id"], row["object_id"]]["line"])
        assert geodesy.distance(ends[:1], ends[1:])[0] == pytest.approx(row["distance_m"], abs=3)


def test_overlaps_lie_in_their_zone_and_are_told_apart_by_verdict(scene_of):
    scene = scene_of("ashdod_port_hinterland")
    zones = {(r["rule"], name): shapely.geometry.shape(r["shape"]) for r in scene["rings"] for name in r["objects"]}
    verdicts = {(f["rule"], f["subject"], f["object"]): f["verdict"] for f in scene["findings"]}
    assert {overlap["verdict"] for overlap in scene["overlaps"]} == {"within", "possible"}
    for overlap in scene["overlaps"]:
        shape = shapely.geometry.shape(overlap["shape"])
        for name in overlap["objects"]:
            assert shapely.buffer(zones[overlap["rule"], name], 1e-4).covers(shape)
        found = {verdicts.get((overlap["rule"], s, o)) for s in overlap["subjects"] for o in overlap["objects"]}
        assert overlap["verdict"] in found


def test_the_list_beside_the_map_puts_the_maps_own_rules_first_and_within_before_possible(scene_of):
    scene = scene_of("ashdod_port_hinterland")
    firsts = [scene["findings"][group[0]] for group in scene["listed"]]
    assert firsts[0]["verdict"] == "within"
    assert firsts[0]["object"]
    own = [f["verdict"] for f in firsts if f["rule"] in {"port-hinterland", "port-beside"}]
    assert own == sorted(own, reverse=True)  # within, then possible
    assert not any(f["object"] for f in firsts[-3:])


def test_a_card_tells_who_is_linked_and_where_it_is_known_from(layers, scene_of):
    card = next(f for f in scene_of("ashdod_port_hinterland")["features"] if f["id"] == "fp-ashdod-south-port")
    links = layers.tables["links"]
    assert len(card["parties"]) == (links["feature_id"] == "fp-ashdod-south-port").sum()
    assert any("China" in party["what"]["en"] and "סין" in party["what"]["he"] for party in card["parties"])
    assert "read on" in card["source"]["en"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (distance_text(985.3, 800.0), "1 km"),
        (distance_text(417.0, 30.0), "420 m"),
        (distance_text(21_417.0, 7000.0), "21 km"),
        (interval_text(985.3, 985.3, 985.3), "985 m"),
    ],
)
def test_no_more_digits_than_the_accuracy_allows(text, expected):
    assert text["en"] == expected


def test_a_share_is_never_none_or_all_unless_it_is():
    assert [share_text(x) for x in (0.0, 1e-6, 0.5, 0.999, 1.0)] == ["0%", "<1%", "50%", ">99%", "100%"]


def test_a_possible_finding_is_never_said_to_be_sure(layers, assessment, ashdod):
    possible = assessment.findings["verdict"] == "possible"
    for likelihood, said in ((0.0, "<1%"), (1.0, ">99%")):
        findings = assessment.findings.assign(likelihood=assessment.findings["likelihood"].mask(possible, likelihood))
        cards = make_scene(replace(assessment, findings=findings), layers, ashdod)["findings"]
        assert {card["likelihood"] for card in cards if card["verdict"] == "possible"} == {said}


def test_the_days_and_the_policys_own_words_are_told(layers, assessment, ashdod):
    policy = assessment.policy.model_copy(update={"about_en": "By law.", "about_he": "על פי דין."})
    told = make_scene(replace(assessment, policy=policy, as_of=date(2020, 1, 2)), layers, ashdod)["caveats"]
    for lang in ("en", "he"):
        assert "2020-01-02" in told[0][lang]
        assert layers.catalog.as_of.isoformat() in told[0][lang]
    assert told[1] == {"en": "By law.", "he": "על פי דין."}
    assert "planning assumption" not in json.dumps(told)


def test_a_rule_not_in_force_has_no_ring(layers, assessment, ashdod):
    rules = tuple(
        rule.model_copy(update={"valid_to": date(2020, 1, 1)}) if rule.id == "port-hinterland" else rule
        for rule in assessment.policy.rule
    )
    policy = assessment.policy.model_copy(update={"rule": rules})
    scene = make_scene(assess(layers, policy), layers, ashdod)
    assert {ring["rule"] for ring in scene["rings"]} == {"port-beside"}
    assert [rule["id"] for rule in scene["ringRules"]] == ["port-beside"]


def test_links_that_are_over_come_last_and_are_told(layers, assessment, repo):
    scene = make_scene(assessment, layers, read_map(repo / "maps/haifa_bay.toml"))
    card = next(f for f in scene["features"] if f["id"] == "fp-haifa-bayport")
    over = ["not in force on 2026-11-24" in party["what"]["en"] for party in card["parties"]]
    assert any(over)
    assert over == sorted(over)
    loan = next(party for party in card["parties"] if "HSBC" in party["name"]["en"])
    assert "2014-03-21 – 2015" in loan["what"]["en"]
    assert "לא בתוקף" in loan["what"]["he"]


def test_a_label_of_no_feature_is_an_error_that_names_the_near_ones(layers, assessment, ashdod):
    with pytest.raises(DefinitionError, match=r"'port-ashdod-odl', did you mean .*port-ashdod-old"):
        make_scene(assessment, layers, ashdod.model_copy(update={"label": ("port-ashdod-odl",)}))


def test_a_label_that_did_not_exist_on_the_day_or_was_not_read_is_left_out(layers, assessment, ashdod):
    gone = assessment.excluded.loc[assessment.excluded["layer"] == "foreign_projects", "feature_id"].iloc[0]
    assert make_scene(assessment, layers, ashdod.model_copy(update={"label": (gone,)}))["label"] == []
    unread = replace(layers, frames={name: frame for name, frame in layers.frames.items() if name != "ports"})
    assert "port-ashdod-old" not in make_scene(assessment, unread, ashdod)["label"]


@pytest.mark.parametrize(("accuracy_m", "lat"), [(1_500_000.0, 31.824), (20_000_000.0, 31.824), (900_000.0, 85.0)])
def test_what_no_disc_can_show_is_named_and_not_drawn(layers, ashdod, assessment, accuracy_m, lat):
    ports = layers["ports"].copy()
    at = ports.index[ports["feature_id"] == "port-ashdod-old"]
    ports.loc[at, "accuracy_m"] = accuracy_m
    ports.loc[at, "geometry"] = shapely.Point(34.647, lat)
    vague = replace(layers, frames={**layers.frames, "ports": ports})
    everywhere = ashdod.model_copy(update={"bounds": (-179.0, -85.0, 179.0, 88.0)})
    scene = make_scene(assessment, vague, everywhere)
    assert "port-ashdod-old" in ids(scene, "wide")
    assert "port-ashdod-old" in ids(scene, "inFrame")
    assert "port-ashdod-old" not in {name for circle in scene["circles"] for name in circle["features"]}
    here = {f["id"]: f for f in make_scene(assessment, vague, ashdod)["features"]}
    assert ("port-ashdod-old" in here) == (lat < 80)


def test_a_map_of_no_layers_is_empty_and_says_so(repo, tmp_path):
    folder = tmp_path / "layers"
    folder.mkdir()
    (folder / "catalog.toml").write_text((repo / "layers/catalog.toml").read_text(encoding="utf-8"), encoding="utf-8")
    nothing = read_layers(folder)
    assert not nothing.frames
    judged = assess(nothing, read_policy(repo / "layers/policy.toml"))
    for name in MAPS:
        definition = read_map(repo / f"maps/{name}.toml")
        scene = make_scene(judged, nothing, definition)
        assert scene["features"] == scene["rings"] == scene["findings"] == []
        assert "None of the layers" in scene["notes"][0]["en"]
        assert "could not be read" in scene["words"]["nothing"]["en"]
        assert all(entry["state"]["en"] == "missing" for entry in scene["layers"])
        write_map(make_map(judged, nothing, definition=definition), tmp_path / f"{name}.html")
    index = write_index({}, tmp_path / "index.html", assessment=judged, layers=nothing)
    assert "missing" in index.read_text(encoding="utf-8")


@pytest.mark.parametrize("package", ["folium", "jinja2", "xstatic"])
def test_packages_that_are_not_installed_are_named(monkeypatch, package):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.split(".")[0] == package:
            raise ModuleNotFoundError(name=name)
        return real(name, *args, **kwargs)

    for name in [name for name in sys.modules if name.split(".")[0] == package or name.startswith("geoprox.webmaps")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InstallationError, match=r"install geoprox\[maps\]"):
        importlib.import_module("geoprox.webmaps")


def test_a_folder_is_no_file_to_write_to(layers, assessment, ashdod, tmp_path):
    with pytest.raises(FormatError, match="is a folder"):
        write_map(make_map(assessment, layers, definition=ashdod), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_unreadable_layers_are_told_not_hidden(layers, assessment, ashdod):
    coverage = layers.coverage.assign(
        state=layers.coverage["state"].mask(layers.coverage["layer"] == "ports", "failed")
    )
    frames = {name: frame for name, frame in layers.frames.items() if name != "ports"}
    scene = make_scene(
        replace(assessment, coverage=coverage), replace(layers, frames=frames, coverage=coverage), ashdod
    )
    entry = next(entry for entry in scene["layers"] if entry["id"] == "ports")
    assert entry["state"]["en"] == "could not be read"
    assert scene["rings"] == []


def test_a_layer_of_the_planners_own_takes_part(layers, assessment, ashdod):
    wells = gpd.GeoDataFrame(layers["ports"].assign(feature_id=lambda f: "well-" + f["feature_id"]))
    entry = layers.catalog.layer[0].model_copy(update={"id": "wells", "title_en": "Wells", "title_he": "בארות"})
    catalog = layers.catalog.model_copy(update={"layer": (*layers.catalog.layer, entry)})
    more = replace(layers, catalog=catalog, frames={**layers.frames, "wells": wells})
    scene = make_scene(assessment, more, ashdod.model_copy(update={"layers": (*ashdod.layers, "wells")}))
    assert sum(f["layer"] == "wells" for f in scene["features"]) == sum(
        f["layer"] == "ports" for f in scene["features"]
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rings": ("no-such-rule",)}, "choose from port-hinterland"),
        ({"rings": ("secret-agreement",)}, "no rule of demo with a distance"),
        ({"layers": ("foreign_projects",)}, "add that to the layers"),
        ({"layers": ("ports", "wells")}, "the catalog has foreign_projects"),
    ],
)
def test_a_map_that_asks_for_what_is_not_there_is_told_what_is(layers, assessment, ashdod, change, message):
    with pytest.raises(DefinitionError, match=message):
        make_map(assessment, layers, definition=ashdod.model_copy(update=change))


def test_the_same_input_gives_the_same_bytes(layers, assessment, ashdod, tmp_path):
    first, second = (
        write_map(make_map(assessment, layers, definition=ashdod), tmp_path / name).read_bytes() for name in "ab"
    )
    assert first == second
    assert len(first) < 2_000_000


def test_writing_twice_changes_nothing(layers, assessment, ashdod, tmp_path):
    m = make_map(assessment, layers, definition=ashdod)
    assert write_map(m, tmp_path / "a").read_bytes() == write_map(m, tmp_path / "b").read_bytes()


def test_other_folium_maps_keep_their_own_scripts(layers, assessment, ashdod):
    before = (list(folium.Map.default_js), list(folium.Map.default_css))
    make_map(assessment, layers, definition=ashdod)
    assert (folium.Map.default_js, folium.Map.default_css) == before
    assert len(folium.Map().default_js) > 1


def test_an_unknown_address_is_an_error_and_leaves_no_file(layers, assessment, ashdod, tmp_path):
    m = make_map(assessment, layers, definition=ashdod)
    Fullscreen().add_to(m)
    with pytest.raises(FormatError, match=r"[Ff]ullscreen"):
        write_map(m, tmp_path / "map.html")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "part",
    [
        '<img src="https://example.org/a.png">',
        '<link rel="icon" href="a.ico">',
        "<style>@import 'a.css';</style>",
        "<style>p{background:url(a.png)}</style>",
        '<p onclick="go()">',
        '<iframe src="a.html"></iframe>',
    ],
)
def test_a_page_that_asks_for_more_cannot_be_sealed(part):
    with pytest.raises(FormatError, match="take it off the map"):
        sealed(f"<html><head></head><body>{part}</body></html>")


def test_the_page_needs_no_other_file_and_names_every_script_it_may_run(layers, assessment, ashdod):
    page = self_contained(make_map(assessment, layers, definition=ashdod))
    assert not re.search(r"<(script|link|img)[^>]*\s(src|href)=", page)
    assert "url(images" not in page
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert "unsafe" not in policy
    assert page.index("Content-Security-Policy") < page.index("<script")


def test_data_cannot_leave_its_script_element():
    nasty = {"name": "</script><!-- <script>& \u2028\u2029"}
    written = as_data(nasty)
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written) == nasty


def test_the_index_lists_maps_tables_classes_and_coverage(repo, layers, assessment, tmp_path):
    maps = {f"{name}.html": read_map(repo / f"maps/{name}.toml") for name in MAPS}
    tables = ["risk.csv", "risk.xlsx", "risk.geojson"]
    page = write_index(maps, tmp_path / "index.html", assessment=assessment, layers=layers, tables=tables).read_text()
    for name, definition in maps.items():
        assert f'href="{name}"' in page
        assert definition.title_he in page
    assert all(f'href="{table}"' in page for table in tables)
    assert assessment.as_of.isoformat() in page
    assert assessment.policy.version in page
    counts = assessment.table["risk_class"].value_counts()
    assert re.findall(r'class="count">(\d+)', page) == [
        str(counts.get(value, 0)) for value in ("high", "medium", "low", "none", "unknown")
    ]
    assert all(layer.title_he in page for layer in layers.catalog.layer)
    assert all(omitted.name_en.split("(")[0] in page for layer in layers.catalog.layer for omitted in layer.omitted[:1])


def test_the_index_escapes_what_it_is_given(layers, assessment, ashdod, tmp_path):
    hostile = '"><img src=x onerror=alert(1)>'
    definition = ashdod.model_copy(update={"title_en": hostile, "intro_he": hostile})
    page = write_index({"a b.html": definition}, tmp_path / "i.html", assessment=assessment, layers=layers).read_text()
    assert "<img" not in page
    assert 'href="a%20b.html"' in page


def test_rules_that_differ_on_a_pair_do_not_lend_each_other_their_verdict(assessment, layers, ashdod):
    scene = make_scene(assessment, layers, ashdod)
    groups = [[scene["findings"][k] for k in group] for group in scene["listed"]]
    assert groups
    assert all(len({json.dumps(finding["verdict"], sort_keys=True) for finding in group}) == 1 for group in groups)
