"""From the layers that ship to the risk table: what the paper expects, the same every time, and as last looked at."""

import difflib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import geoprox as gp
from geoprox.model import columns

PAPER_DAY = "2022-05-11"
UPDATE = "GEOPROX_UPDATE_SNAPSHOTS"
HEBREW = "[\u05d0-\u05ea]"


@pytest.fixture(scope="module")
def layers(repo: Path) -> gp.Layers:
    return gp.read_layers(repo / "layers")


@pytest.fixture(scope="module")
def risk(repo: Path, layers: gp.Layers) -> gp.Assessment:
    return gp.assess(layers, gp.read_policy(repo / "layers" / "policy.toml"))


@pytest.fixture(scope="module")
def on_paper_day(repo: Path, layers: gp.Layers) -> gp.Assessment:
    return gp.assess(layers, gp.read_policy(repo / "layers" / "policy.toml"), as_of=PAPER_DAY)


# -- the table as last looked at ----------------------------------------------------------------------------------

SHOWN = [
    "subject_id",
    "risk_class",
    "risk_score",
    "site_sensitivity",
    "foreign_link",
    "likelihood",
    "nearest_site",
    "distance_m",
    "distance_min_m",
    "distance_max_m",
    "within_count",
    "possible_count",
    "unknown_count",
    "deciding_link",
]


@pytest.mark.parametrize("which", ["risk", "on_paper_day"])
def test_the_risk_table_is_as_last_looked_at(repo: Path, request: pytest.FixtureRequest, which: str):
    table = request.getfixturevalue(which).table[SHOWN].round({"likelihood": 4})
    now = table.to_csv(index=False, lineterminator="\n")
    path = repo / "tests" / "snapshots" / f"{which}.csv"
    if os.environ.get(UPDATE):
        path.write_text(now, encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    diff = "\n".join(
        difflib.unified_diff(before.splitlines(), now.splitlines(), "last looked at", "now", "", "", 0, "")
    )
    assert now == before, f"\n{diff}\n\nlook at each line; if all are meant: {UPDATE}=1 pytest {Path(__file__).name}"


# -- what the paper expects ---------------------------------------------------------------------------------------


def found(risk: gp.Assessment, subject: str, site: str) -> pd.DataFrame:
    both = risk.findings["subject_id"].eq(subject) & risk.findings["object_id"].eq(site)
    return risk.findings[both.fillna(value=False)]


def row(risk: gp.Assessment, subject: str) -> pd.Series:
    return risk.table.set_index("subject_id").loc[subject]


@pytest.mark.parametrize("site", ["def-elbatech-asd", "def-elta-asd"])
def test_the_park_is_possible_to_elbatech_and_elta_and_never_within(
    risk: gp.Assessment, on_paper_day: gp.Assessment, site: str
):
    for assessment in (risk, on_paper_day):
        (finding,) = found(assessment, "fp-ashdod-hitech-park", site).itertuples()
        assert (finding.rule_id, finding.verdict) == ("defence-industry", "possible")
        assert 0 < finding.likelihood < 1
        assert "may be within 1 km" in finding.reason_en
        assert "ייתכן" in finding.reason_he


def test_elbatech_is_likelier_than_elta_which_is_known_by_its_city(risk: gp.Assessment):
    near, far = (
        found(risk, "fp-ashdod-hitech-park", i)["likelihood"].item() for i in ("def-elbatech-asd", "def-elta-asd")
    )
    assert near > 5 * far


def test_eshkol_avshal_is_about_a_kilometre_from_the_south_port(risk: gp.Assessment):
    pair = risk.pairs.query("subject_id == 'fp-eshkol-avshal' and object_id == 'port-ashdod-south'")
    assert 300 < pair["distance_m"].item() < 1100
    (finding,) = found(risk, "fp-eshkol-avshal", "port-ashdod-south").itertuples()
    assert (finding.rule_id, finding.verdict) == ("port-beside", "possible")
    assert "China Harbour" in finding.reason_en


def test_the_logistics_centre_may_lie_in_the_hinterland_of_the_old_port(on_paper_day: gp.Assessment):
    (finding,) = (
        found(on_paper_day, "fp-ashdod-logistics-centre", "port-ashdod-old")
        .query("rule_id == 'port-hinterland'")
        .itertuples()
    )
    assert finding.verdict == "possible"
    assert finding.likelihood > 0.3


@pytest.mark.parametrize(
    ("project", "site"),
    [("fp-haifa-bayport", "port-haifa-bayport"), ("fp-ashdod-south-port", "port-ashdod-south")],
)
def test_a_port_that_foreigners_built_or_run_is_within_itself(risk: gp.Assessment, project: str, site: str):
    (finding,) = found(risk, project, site).itertuples()
    assert (finding.verdict, finding.distance_m) == ("within", 0)
    assert "is part of the site itself" in finding.reason_en


def test_only_what_a_source_calls_part_of_a_site_is_said_to_be_part_of_it(risk: gp.Assessment, layers: gp.Layers):
    # two things known by the same city have the same point, and are not the same
    same_as = layers["foreign_projects"].set_index("feature_id")["same_as"]
    said = risk.findings[risk.findings["reason_en"].str.contains("part of the site itself")]
    wrong = said[said["subject_id"].map(same_as).ne(said["object_id"]).fillna(value=True)]
    assert wrong[["subject_id", "object_id", "verdict"]].to_numpy().tolist() == []


def test_uibe_is_there_when_the_paper_appears_and_gone_later(
    on_paper_day: gp.Assessment, repo: Path, layers: gp.Layers
):
    assert "fp-petah-tikva-uibe" in set(on_paper_day.table["subject_id"])
    assert "fp-petah-tikva-uibe" not in set(on_paper_day.excluded["feature_id"])
    later = gp.assess(layers, gp.read_policy(repo / "layers" / "policy.toml"), as_of="2025-01-01")
    assert "fp-petah-tikva-uibe" not in set(later.table["subject_id"])
    (gone,) = later.excluded.query("feature_id == 'fp-petah-tikva-uibe'").itertuples()
    assert (gone.status, gone.valid_to) == ("closed", "2024-09-18")


def test_the_secret_agreement_of_ashdod_is_a_finding_for_the_ministries(on_paper_day: gp.Assessment):
    rows = on_paper_day.findings.query("rule_id == 'secret-agreement' and verdict == 'within'").set_index("subject_id")
    for project in ("fp-ashdod-logistics-centre", "fp-ashdod-trade-towers", "fp-ashdod-hitech-park"):
        assert rows.loc[project, "authority"] == "auth-mfa; auth-moi"
    assert "Ministry of Foreign Affairs" in row(on_paper_day, "fp-ashdod-hitech-park")["authorities_en"]


def test_a_lost_bid_decides_nothing(risk: gp.Assessment, layers: gp.Layers):
    lost = set(layers.tables["links"].query("link_status == 'lost'")["link_id"])
    assert lost
    assert not lost & set(risk.findings["link_id"].dropna())
    assert not lost & set(risk.table["deciding_link"].dropna())


def test_foreign_origin_alone_is_no_finding(risk: gp.Assessment):
    # a link without a site near it scores nothing
    alone = risk.table[(risk.table["site_sensitivity"] == 0) & (risk.table["foreign_link"] > 0)]
    assert len(alone)
    assert alone["risk_score"].eq(0).all()
    assert not alone["risk_class"].isin(["high", "medium"]).any()


# -- the frames keep their contract -------------------------------------------------------------------------------


def test_the_frames_have_the_columns_of_their_contract(risk: gp.Assessment):
    assert tuple(risk.table.columns) == columns.TABLE
    assert tuple(risk.findings.columns) == columns.FINDINGS
    assert tuple(risk.pairs.columns) == columns.PAIRS
    assert tuple(risk.coverage.columns) == columns.COVERAGE
    assert tuple(risk.issues.columns) == columns.ISSUES
    assert risk.table.crs == columns.CRS


def test_every_subject_has_one_row_and_every_finding_an_id_of_its_own(risk: gp.Assessment, layers: gp.Layers):
    subjects = set(layers["foreign_projects"]["feature_id"]) | set(layers["smart_city"]["feature_id"])
    assert set(risk.table["subject_id"]) == subjects - set(risk.excluded["feature_id"])
    assert risk.table["subject_id"].is_unique
    assert risk.findings["finding_id"].is_unique


def test_counts_are_those_of_the_findings(risk: gp.Assessment):
    about_sites = {rule.id for rule in risk.policy.rule if rule.about == "site"}
    sites = risk.findings[risk.findings["rule_id"].isin(about_sites)]
    counted = pd.crosstab(sites["subject_id"], sites["verdict"])
    table = risk.table.set_index("subject_id")
    links = risk.findings[~risk.findings["rule_id"].isin(about_sites) & risk.findings["verdict"].eq("within")]
    assert table["link_count"].sum() == len(links) > 0
    for verdict in ("within", "possible", "unknown"):
        expected = counted.get(verdict, pd.Series(dtype=int)).reindex(table.index, fill_value=0)
        assert table[f"{verdict}_count"].tolist() == expected.tolist()


def test_reasons_are_in_both_languages(risk: gp.Assessment):
    for frame, name in ((risk.findings, "reason"), (risk.table, "factors")):
        assert frame[f"{name}_he"].str.contains(HEBREW).all()
        assert frame[f"{name}_en"].str.len().gt(0).all()
        assert not frame[f"{name}_en"].str.contains(HEBREW).any()
    judged = risk.table["subject_id"].isin(risk.findings["subject_id"])
    assert risk.table.loc[judged, "reasons_he"].str.contains(HEBREW).all()
    assert risk.table.loc[~judged, "reasons_en"].eq("").all()


def test_no_reason_prints_a_missing_value(risk: gp.Assessment):
    for frame in (risk.findings, risk.table):
        for name in frame.columns[frame.columns.str.endswith(("_en", "_he"))]:
            assert not frame[name].str.contains(r"\b(?:nan|None|<NA>|NaT)\b|\{\}", na=False).any(), name


def test_every_finding_names_authorities_rule_policy_and_day(risk: gp.Assessment, repo: Path):
    rules = {r["id"]: r for r in tomllib.loads((repo / "layers/policy.toml").read_text(encoding="utf-8"))["rule"]}
    assert risk.findings["citation"].eq(risk.findings["rule_id"].map(lambda i: rules[i]["citation"])).all()
    assert (
        risk.findings["authority"].eq(risk.findings["rule_id"].map(lambda i: "; ".join(rules[i]["authorities"]))).all()
    )
    assert set(risk.findings["policy_id"]) == {"demo"}
    assert set(risk.findings["as_of"]) == {risk.as_of.isoformat()}


def test_verdicts_follow_from_the_distance_and_its_doubt(risk: gp.Assessment):
    judged = risk.findings[risk.findings["distance_m"].notna() & (risk.findings["verdict"] != "unknown")]
    surely = judged["distance_max_m"] <= judged["threshold_m"]
    assert judged["verdict"].eq("within").equals(surely)
    assert (judged["distance_min_m"] <= judged["threshold_m"]).all()


def test_a_likelihood_is_one_for_within_a_share_for_possible_and_missing_for_unknown(risk: gp.Assessment):
    by_verdict = risk.findings.groupby("verdict")["likelihood"]
    assert by_verdict.get_group("within").eq(1).all()
    assert by_verdict.get_group("possible").between(0, 1).all()
    assert by_verdict.get_group("unknown").isna().all()


def test_a_score_is_the_product_of_its_factors(risk: gp.Assessment):
    expected = 100 * risk.table["site_sensitivity"] * risk.table["foreign_link"]
    np.testing.assert_allclose(risk.table["risk_score"], expected, atol=0.06)
    assert risk.table[["site_sensitivity", "foreign_link"]].apply(lambda s: s.between(0, 1)).all(axis=None)


def test_the_gravest_come_first(risk: gp.Assessment):
    rank = risk.table["risk_class"].map(["high", "medium", "low", "unknown", "none"].index)
    assert rank.is_monotonic_increasing


def test_no_class_is_none_while_a_rule_about_sites_found_something_or_could_not_be_judged(risk: gp.Assessment):
    about_sites = risk.findings[risk.findings["rule_id"] != "secret-agreement"]
    clear = risk.table.loc[risk.table["risk_class"] == "none", "subject_id"]
    assert len(clear)
    assert not clear.isin(about_sites["subject_id"]).any()


# -- the same every time ------------------------------------------------------------------------------------------


def test_the_day_is_that_of_the_layers_unless_another_is_asked_for(
    risk: gp.Assessment, on_paper_day: gp.Assessment, layers: gp.Layers
):
    assert risk.as_of == layers.catalog.as_of
    assert on_paper_day.as_of.isoformat() == PAPER_DAY
    assert set(on_paper_day.table["as_of"]) == {PAPER_DAY}


def test_the_same_layers_give_the_same_bytes(risk: gp.Assessment, repo: Path, tmp_path: Path):
    again = gp.assess(gp.read_layers(repo / "layers"), gp.read_policy(repo / "layers" / "policy.toml"))
    first, second = (gp.write_table(r, tmp_path / f"{n}.csv").read_bytes() for n, r in enumerate((risk, again)))
    assert first == second


def test_an_assessment_changes_no_layer(repo: Path, layers: gp.Layers):
    fresh = gp.read_layers(repo / "layers")
    for name, frame in fresh.frames.items():
        pd.testing.assert_frame_equal(layers[name], frame)
    for name, frame in fresh.tables.items():
        pd.testing.assert_frame_equal(layers.tables[name], frame)


def shuffle_features(text: str, draw: np.random.Generator) -> str:
    content = json.loads(text)
    content["features"] = [content["features"][i] for i in draw.permutation(len(content["features"]))]
    return json.dumps(content, ensure_ascii=False)


def shuffle_rows(folder: Path, name: str, draw: np.random.Generator) -> None:
    path = folder / name
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.iloc[draw.permutation(len(table))].to_csv(path, index=False)


@pytest.mark.parametrize("what", ["features", "links", "parties and authorities"])
def test_the_order_of_rows_does_not_matter(risk: gp.Assessment, repo: Path, tmp_path: Path, what: str):
    folder = shutil.copytree(repo / "layers", tmp_path / "layers")
    draw = np.random.default_rng(1)
    if what == "features":
        for path in folder.glob("*.geojson"):
            path.write_text(shuffle_features(path.read_text(encoding="utf-8"), draw), encoding="utf-8")
    for name in {"links": ["links.csv"], "parties and authorities": ["parties.csv", "authorities.csv"]}.get(what, []):
        shuffle_rows(folder, name, draw)
    shuffled = gp.assess(gp.read_layers(folder), gp.read_policy(folder / "policy.toml"))
    same(risk.table, shuffled.table)
    same(risk.findings, shuffled.findings)


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Assert that two frames say the same, and show the first lines that differ."""
    a, b = (pd.DataFrame(f).astype(str).to_csv(index=False).splitlines() for f in (left, right))
    differing = [line for line in difflib.unified_diff(a, b, n=0, lineterm="") if line[:2] not in ("--", "++", "@@")]
    assert a == b, "\n".join([f"{len(differing)} lines differ", *differing[:6]])


def without(folder: Path, name: str) -> Callable[[], gp.Assessment]:
    (folder / name).unlink()
    return lambda: gp.assess(gp.read_layers(folder), gp.read_policy(folder / "policy.toml"))


@pytest.mark.parametrize("name", ["ports.geojson", "defence_sites.geojson", "links.csv", "smart_city.geojson"])
def test_what_is_not_read_clears_nobody(risk: gp.Assessment, repo: Path, tmp_path: Path, name: str):
    folder = shutil.copytree(repo / "layers", tmp_path / "layers")
    poorer = without(folder, name)()
    before, after = (r.table.set_index("subject_id")["risk_class"] for r in (risk, poorer))
    cleared = [i for i in after.index[after == "none"] if before[i] != "none"]
    assert cleared == []
    gone = poorer.coverage.set_index("layer")["state"]
    assert gone[Path(name).stem] == "missing"
    assert len(risk.table) >= len(poorer.table)


def test_without_projects_the_assessment_says_that_it_judged_none(repo: Path, tmp_path: Path):
    folder = shutil.copytree(repo / "layers", tmp_path / "layers")
    poorer = without(folder, "foreign_projects.geojson")()
    unjudged = poorer.findings.query("verdict == 'unknown' and subject_id.isna()")
    assert set(unjudged["rule_id"]) >= {"port-hinterland", "defence-industry", "secret-agreement"}


def test_the_two_lines_of_the_issue_print_the_table(repo: Path):
    read = "import geoprox as gp; L = gp.read_layers('layers'); "
    script = read + "print(gp.assess(L, gp.read_policy('layers/policy.toml')).table)"
    result = subprocess.run([sys.executable, "-c", script], cwd=repo, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "subject_id" in result.stdout
    assert "fp-haifa-bayport" in result.stdout


@pytest.mark.parametrize("day", ["2022", "soon", "2022-13-01"])
def test_a_day_that_is_none_is_an_error(repo: Path, layers: gp.Layers, day: str):
    with pytest.raises(gp.DefinitionError, match="write it as YYYY-MM-DD"):
        gp.assess(layers, gp.read_policy(repo / "layers" / "policy.toml"), as_of=day)


@pytest.mark.parametrize("day", ["1900-01-01", "2999-12-31"])
def test_any_day_can_be_asked_for(repo: Path, layers: gp.Layers, day: str):
    risk = gp.assess(layers, gp.read_policy(repo / "layers" / "policy.toml"), as_of=day)
    assert risk.table["subject_id"].is_unique
