"""The layers that ship keep their promises: whole, sourced, honest about what is not known."""

import re
import tomllib
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import geoprox as gp
from geoprox.model.columns import FEATURES, LAYER_COLUMNS, TABLES
from geoprox.model.dates import first_day, last_day

HEBREW = re.compile(r"[\u05d0-\u05ea]")
LEAST = {"foreign_projects": 45, "ports": 8, "defence_sites": 25, "smart_city": 20, "municipalities": 20}
SOURCED = ("source", "source_type", "retrieved", "verification")

# what the paper tells of, each with its feature
PAPER = {
    "Ashdod South Port": ("fp-ashdod-south-port", "port-ashdod-south"),
    "Ashdod port": ("port-ashdod-old",),
    "logistics centre in the port hinterland": ("fp-ashdod-logistics-centre",),
    "two towers of 60 storeys": ("fp-ashdod-trade-towers",),
    "five buildings of 22 storeys": ("fp-ashdod-hitech-buildings",),
    "hi-tech park": ("fp-ashdod-hitech-park",),
    "light rail": ("fp-ashdod-monorail",),
    "free-trade zone": ("fp-ashdod-port-free-trade-zone",),
    "academic institute in Ashdod": ("fp-ashdod-academic-institute",),
    "Elbatech": ("def-elbatech-asd",),
    "Elta": ("def-elta-asd",),
    "smart city Ashdod": ("sc-asd-smart", "sc-asd-moked"),
    "Haifa Bayport": ("fp-haifa-bayport", "port-haifa-bayport"),
    "Haifa port": ("fp-haifa-port", "port-haifa-old"),
    "Haifa naval base": ("def-naval-base-haifa",),
    "Eilat port": ("port-eilat",),
    "Eilat railway": ("fp-eilat-railway",),
    "academic institute in Modi'in": ("fp-modiin-academic-institute",),
    "UIBE in Petah Tikva": ("fp-petah-tikva-uibe",),
}

# known from memory alone, the site or its place: no source was found
FROM_MEMORY = (
    "fp-alma-caesarea",
    "fp-haifa-nazareth-light-rail",
    "fp-huji-confucius-institute",
    "fp-latrun-rail-tunnel",
    "fp-playtika-herzliya",
    "fp-tau-confucius-institute",
    "fp-tau-xin-center",
    "fp-tlv-china-cultural-center",
    "fp-tlv-chinese-embassy",
    "fp-tlv-green-line-tunnels",
    "fp-tlv-green-line-underpass",
    "port-haifa-shipyard",
    "def-shipyards",
    "def-iai-mlm",
    "def-elbit-yok",
    "def-elbit-ntn",
    "def-elbit-hol",
    "def-orbit",
)

# sites that public lists place more finely than is fit to repeat
KEPT_COARSE = {
    "port-haifa-navyard": 5000,
    "port-ashkelon-eapc": 5000,
    "fp-eapc-ashkelon": 5000,
    "def-naval-base-haifa": 5000,
}


@pytest.fixture(scope="module")
def layers(repo: Path) -> gp.Layers:
    return gp.read_layers(repo / "layers")


@pytest.fixture(scope="module")
def features(layers: gp.Layers) -> gpd.GeoDataFrame:
    return pd.concat(layers.frames.values(), ignore_index=True)


def none_of(frame: pd.DataFrame, wrong: pd.Series, *columns: str) -> None:
    """Assert that no row is wrong, and show those that are."""
    assert not wrong.any(), "\n" + frame.loc[wrong, list(columns)].to_string()


# -- whole --------------------------------------------------------------------------------------------------------


def test_the_layers_have_no_fault(layers: gp.Layers):
    assert layers.issues.empty, layers.issues.to_string()
    assert set(layers.coverage["state"]) == {"read"}


def test_the_catalog_names_every_file_of_the_folder(repo: Path, layers: gp.Layers):
    named = {entry.file for entry in (*layers.catalog.layer, *layers.catalog.table)}
    assert named == {path.name for path in (repo / "layers").iterdir() if path.suffix in (".geojson", ".csv")}


def test_there_are_as_many_as_promised(layers: gp.Layers):
    held = {name: len(frame) for name, frame in layers.frames.items()}
    assert {name: held.get(name, 0) for name, least in LEAST.items() if held.get(name, 0) < least} == {}
    assert len(layers.tables["links"]) >= 60


def test_every_feature_writes_every_property(layers: gp.Layers):
    # a property left out would read as not known, without anybody having said so
    for name, frame in layers.frames.items():
        assert {c.name for c in (*FEATURES, *LAYER_COLUMNS[name])} <= set(frame.columns)


@pytest.mark.parametrize("what", PAPER)
def test_what_the_paper_tells_of_has_its_feature(features: gpd.GeoDataFrame, what: str):
    assert set(PAPER[what]) <= set(features["feature_id"])


# -- sourced ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", [*SOURCED, "precision", "accuracy_m", "kind", "status", "name_en", "name_he"])
def test_every_feature_says(features: gpd.GeoDataFrame, column: str):
    none_of(features, features[column].isna(), "feature_id")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("column", SOURCED)
def test_every_row_of_a_table_is_sourced(layers: gp.Layers, table: str, column: str):
    frame = layers.tables[table]
    none_of(frame, frame[column].isna(), frame.columns[0])


def test_an_address_of_a_source_is_one(layers: gp.Layers, features: gpd.GeoDataFrame):
    given = pd.concat([features["source_url"], *(t["source_url"] for t in layers.tables.values())]).dropna()
    assert given[~given.str.fullmatch(r"https?://[^\s]+")].tolist() == []


def test_every_layer_states_its_licence_and_whom_to_name(layers: gp.Layers):
    for entry in layers.catalog.layer:
        assert len(entry.licence) > 20
        assert entry.attribution
        assert entry.omitted or entry.id == "municipalities"


def test_outlines_taken_from_openstreetmap_say_so(layers: gp.Layers):
    for name in ("foreign_projects", "ports"):
        frame, entry = layers[name], layers.catalog.entry(name)
        assert frame["source"].str.contains("OpenStreetMap|OSM").any()
        assert "ODbL" in entry.licence
        assert "OpenStreetMap contributors" in entry.attribution


# -- honest -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("feature_id", FROM_MEMORY)
def test_what_is_known_from_memory_is_unverified_and_wide(features: gpd.GeoDataFrame, feature_id: str):
    row = features.set_index("feature_id").loc[feature_id]
    assert row["verification"] == "unverified"
    assert row["accuracy_m"] >= 1500


def test_a_place_known_by_its_city_has_a_wide_radius(features: gpd.GeoDataFrame):
    none_of(features, features["precision"].eq("admin") & (features["accuracy_m"] < 2000), "feature_id", "accuracy_m")


def test_a_place_known_by_its_locality_is_no_address(features: gpd.GeoDataFrame):
    none_of(features, features["precision"].eq("locality") & (features["accuracy_m"] < 500), "feature_id", "accuracy_m")


def test_an_outline_is_a_footprint_and_a_footprint_an_outline(features: gpd.GeoDataFrame):
    outline = features.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    none_of(features, outline != features["precision"].eq("footprint"), "feature_id", "precision")


def test_no_radius_is_nought(features: gpd.GeoDataFrame):
    none_of(features, ~(features["accuracy_m"] > 0), "feature_id", "accuracy_m")


@pytest.mark.parametrize("feature_id", KEPT_COARSE)
def test_what_is_kept_coarse_stays_coarse(features: gpd.GeoDataFrame, feature_id: str):
    row = features.set_index("feature_id").loc[feature_id]
    assert row["precision"] == "admin"
    assert row["accuracy_m"] >= KEPT_COARSE[feature_id]


def test_what_sources_dispute_says_how(features: gpd.GeoDataFrame, layers: gp.Layers):
    for frame in (features, layers.tables["links"]):
        none_of(frame, frame["verification"].eq("disputed") & frame["note"].isna(), frame.columns[0])


def test_elbatech_has_no_foreign_link(layers: gp.Layers):
    links = layers.tables["links"]
    assert not links["feature_id"].isin(["def-elbatech-asd", "def-elta-asd"]).any()


def test_the_south_port_is_not_clipped_to_land_or_city(features: gpd.GeoDataFrame):
    rows = features.set_index("feature_id").geometry
    for feature_id in ("fp-ashdod-south-port", "port-ashdod-south"):
        assert 600_000 < rows[feature_id].area * 111_320**2 * 0.8495 < 700_000


# -- names --------------------------------------------------------------------------------------------------------


def test_hebrew_names_hold_hebrew_letters(features: gpd.GeoDataFrame, layers: gp.Layers):
    for frame in (features, layers.tables["parties"], layers.tables["authorities"]):
        given = frame["name_he"].notna()
        none_of(frame, given & ~frame["name_he"].str.contains(HEBREW, na=False), frame.columns[0], "name_he")


def test_english_names_hold_no_hebrew_letters(features: gpd.GeoDataFrame, layers: gp.Layers):
    for frame in (features, layers.tables["parties"], layers.tables["authorities"]):
        none_of(frame, frame["name_en"].str.contains(HEBREW), frame.columns[0], "name_en")


def test_a_name_has_no_blanks_at_its_ends_and_no_mark_of_direction(features: gpd.GeoDataFrame):
    for name in ("name_en", "name_he"):
        strange = features[name].str.contains(r"^\s|\s$|\s\s|[\u200e\u200f\u202a-\u202e\u2066-\u2069]", regex=True)
        none_of(features, strange, "feature_id", name)


def test_no_two_features_share_name_place_and_kind(layers: gp.Layers):
    for frame in layers.frames.values():
        key = frame.assign(place=frame.geometry.to_wkt())
        none_of(frame, key.duplicated(["name_en", "kind", "place"], keep=False), "feature_id", "name_en")


@pytest.mark.parametrize("table", TABLES)
def test_an_id_of_a_table_is_used_once(layers: gp.Layers, table: str):
    frame = layers.tables[table]
    none_of(frame, frame.iloc[:, 0].duplicated(keep=False), frame.columns[0])


def test_an_id_is_made_of_small_letters_figures_and_hyphens(features: gpd.GeoDataFrame, layers: gp.Layers):
    for ids in (features["feature_id"], *(t.iloc[:, 0] for t in layers.tables.values())):
        assert ids[~ids.str.fullmatch(r"[a-z0-9-]+")].tolist() == []


# -- dates --------------------------------------------------------------------------------------------------------


def test_dates_are_in_order_and_no_source_was_read_in_the_future(layers: gp.Layers):
    as_of = layers.catalog.as_of
    for frame in (*layers.frames.values(), *layers.tables.values()):
        assert frame["retrieved"].map(last_day).le(as_of).all()
        if "valid_from" in frame:
            both = frame.dropna(subset=["valid_from", "valid_to"])
            assert (both["valid_from"].map(first_day) <= both["valid_to"].map(last_day)).all()


def test_what_is_closed_or_planned_fits_its_dates(features: gpd.GeoDataFrame, layers: gp.Layers):
    ended = features["valid_to"].dropna().map(last_day) < layers.catalog.as_of
    gone = features.loc[ended[ended].index]
    none_of(gone, gone["status"].isin(["operating", "under_construction"]), "feature_id", "status", "valid_to")


def test_the_layers_are_compiled_to_a_day(layers: gp.Layers):
    assert isinstance(layers.catalog.as_of, date)


# -- links, parties, authorities ----------------------------------------------------------------------------------


def test_every_project_but_those_of_no_known_party_has_a_link(layers: gp.Layers):
    linked = set(layers.tables["links"]["feature_id"])
    assert set(layers["foreign_projects"]["feature_id"]) <= linked


def test_a_country_is_two_capital_letters(layers: gp.Layers):
    for table, column in (("links", "link_country"), ("parties", "country")):
        given = layers.tables[table][column].dropna()
        assert given[~given.str.fullmatch("[A-Z]{2}")].tolist() == []


def test_every_party_is_linked_or_stands_above_one_that_is(layers: gp.Layers):
    parties = layers.tables["parties"]
    used = set(layers.tables["links"]["party_id"].dropna()) | set(parties["parent_id"].dropna())
    unused = set(parties["party_id"]) - used
    # defence companies are parties too, and have no foreign link
    assert {i for i in unused if chain(layers, i)[-1] != "party-iai"} == set()


def chain(layers: gp.Layers, party: str) -> list[str]:
    """A party and those above it."""
    above = layers.tables["parties"].set_index("party_id")["parent_id"].dropna().to_dict()
    found = [party]
    while found[-1] in above:
        assert above[found[-1]] not in found, f"{' > '.join(found)} goes round in a circle"
        found.append(above[found[-1]])
    return found


def test_no_party_stands_above_itself(layers: gp.Layers):
    for party in layers.tables["parties"]["party_id"]:
        chain(layers, party)


@pytest.mark.parametrize(
    "companies", [["party-pmec", "party-chec", "party-cccc"], ["party-elbatech", "party-elta", "party-iai"]]
)
def test_who_stands_above_whom(layers: gp.Layers, companies: list[str]):
    assert chain(layers, companies[0])[:3] == companies


def test_the_builder_of_the_south_port_is_pmec(layers: gp.Layers):
    links = layers.tables["links"].query("feature_id == 'fp-ashdod-south-port' and party_id == 'party-pmec'")
    assert links[["link_country", "role", "link_status"]].to_numpy().tolist() == [["CN", "builder", "done"]]
    assert links["valid_from"].str.startswith("2014").all()


def test_every_authority_is_told_in_both_languages(layers: gp.Layers):
    frame = layers.tables["authorities"]
    for column in ("name_en", "name_he", "remit_en", "remit_he"):
        none_of(frame, frame[column].isna(), "authority_id")


# -- the policy ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rules(repo: Path) -> dict[str, dict]:
    content = tomllib.loads((repo / "layers" / "policy.toml").read_text(encoding="utf-8"))
    return {rule["id"]: rule for rule in content["rule"]}


def test_every_authority_that_a_rule_names_exists(layers: gp.Layers, rules: dict[str, dict]):
    named = {i for rule in rules.values() for i in rule["authorities"]}
    assert named <= set(layers.tables["authorities"]["authority_id"])


def test_every_layer_that_a_rule_names_exists(layers: gp.Layers, rules: dict[str, dict]):
    named = {rule[key] for rule in rules.values() for key in ("subject_layer", "object_layer") if key in rule}
    assert named <= set(layers.frames)


def test_every_distance_is_labelled_a_planning_assumption(rules: dict[str, dict]):
    for rule in rules.values():
        if "within_m" in rule:
            assert rule["distance_basis_en"].startswith("planning assumption")
            assert rule["distance_basis_he"].startswith("הנחת תכנון")


def test_every_rule_cites_the_paper_and_speaks_both_languages(rules: dict[str, dict]):
    for rule in rules.values():
        assert "INSS, 2022-05-11" in rule["citation"]
        assert all(HEBREW.search(rule[key]) for key in ("title_he", "rationale_he"))


def test_the_paper_s_concerns_each_have_a_rule(rules: dict[str, dict]):
    assert {rule.get("object_layer", rule["subject_layer"]) for rule in rules.values()} >= {
        "ports",
        "defence_sites",
        "smart_city",
    }
    assert any("agreement_published" in rule.get("link_filter", "") for rule in rules.values())


def test_no_rule_refuses_and_none_names_a_country_but_home(rules: dict[str, dict]):
    # foreign origin is not a finding, and a rule asks people to look
    for rule in rules.values():
        assert rule["outcome"] != "prohibit"
        assert set(re.findall(r"'([A-Z]{2})'", rule.get("link_filter", ""))) <= {"IL"}


def test_every_system_is_of_a_kind_that_the_readme_lists(repo: Path, layers: gp.Layers):
    listed = re.search(
        r"systems `system` \((.*?)\)", (repo / "layers/README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert set(layers["smart_city"]["system"]) <= set(re.findall(r"`(\w+)`", listed.group(1)))
