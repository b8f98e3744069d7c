"""What could not be judged never looks judged: damaged copies of the shipped layers, seen from the risk table."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import geoprox as gp


@pytest.fixture
def folder(repo: Path, tmp_path: Path) -> Path:
    shutil.copytree(repo / "layers", tmp_path / "layers")
    return tmp_path / "layers"


def change_features(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    for feature in content["features"]:
        change(feature["properties"])
    path.write_text(json.dumps(content), encoding="utf-8")


def change_links(folder: Path, change: Callable[[dict[str, str]], None]) -> None:
    path = folder / "links.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        change(row)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def table(folder: Path) -> pd.DataFrame:
    return gp.assess(gp.read_layers(folder), gp.read_policy(folder / "policy.toml")).table.set_index("subject_id")


def codes(folder: Path) -> list[str]:
    return gp.read_layers(folder).issues["code"].unique().tolist()


def test_without_the_ports_no_project_near_them_is_low_or_clear(folder):
    before = table(folder)
    (folder / "ports.geojson").unlink()
    after = table(folder)
    asked = before.index[before["layer"] == "foreign_projects"].intersection(after.index[after["unknown_count"] > 0])
    assert len(asked) > 40
    assert not after.loc[asked, "risk_class"].isin(["low", "none"]).any()
    assert after.loc["fp-haifa-port", "risk_class"] == "unknown"
    assert "Shipping" in after.loc["fp-haifa-port", "authorities_en"]


def test_a_role_that_is_no_role_weighs_as_unknown_and_not_as_nothing(folder):
    change_links(
        folder, lambda row: row.update(role="concessionaire") if row["feature_id"] == "fp-haifa-bayport" else None
    )
    assert codes(folder) == ["unknown_value"]
    bayport = table(folder).loc["fp-haifa-bayport"]
    # consult, state-owned, and the weight of an unknown role: 0.8, 0.7 and 0.7 in the policy
    assert bayport["risk_score"] == pytest.approx(39.2)
    assert "None" not in bayport["reasons_en"]


@pytest.mark.parametrize("country", ["China", "cn", "CHN", "C"])
def test_a_country_that_is_no_code_is_told_and_not_known(folder, country):
    change_links(folder, lambda row: row.update(link_country=country) if row["link_country"] == "CN" else None)
    assert codes(folder) == ["not_a_country"]
    assert table(folder).loc["fp-haifa-bayport", "risk_class"] != "none"


def test_a_system_in_other_letters_is_told(folder):
    change_features(folder / "smart_city.geojson", lambda p: p.update(system=p["system"].upper()))
    assert codes(folder) == ["unknown_value"]


def test_spaces_around_a_value_are_taken_off_and_told(folder):
    change_links(folder, lambda row: row.update(role=f" {row['role']}"))
    assert codes(folder) == ["odd_characters"]
    assert table(folder).loc["fp-haifa-bayport", "risk_class"] == "high"


@pytest.mark.parametrize("name", ["../outside.csv", "/etc/passwd"])
def test_a_file_outside_the_folder_is_not_read(folder, name):
    (folder.parent / "outside.csv").write_text("party_id\nparty-x\n", encoding="utf-8")
    path = folder / "catalog.toml"
    text = path.read_text(encoding="utf-8")
    assert 'file = "parties.csv"' in text
    path.write_text(text.replace('file = "parties.csv"', f'file = "{name}"'), encoding="utf-8")
    coverage = gp.read_layers(folder).coverage.set_index("layer")
    assert coverage.loc["parties", "state"] == "failed"
    assert "outside the folder" in coverage.loc["parties", "message"]


def test_a_property_with_a_name_of_ours_is_renamed_and_told(folder):
    change_features(folder / "ports.geojson", lambda p: p.update(layer="merged"))
    layers = gp.read_layers(folder)
    assert layers["ports"]["layer"].eq("ports").all()
    assert layers["ports"]["layer_of_file"].eq("merged").all()
    assert "reserved_column" in layers.issues["code"].tolist()


def test_rules_that_ask_nothing_of_links_judge_sites_alone(folder):
    path = folder / "policy.toml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("link_filter")]
    assert len(kept) < len(lines)
    path.write_text("".join(kept), encoding="utf-8")
    judged = table(folder)
    assert judged["foreign_link"].eq(1).all()
    assert judged.loc["fp-haifa-bayport", "risk_score"] == pytest.approx(80)


def test_a_day_after_the_layers_is_told(folder):
    layers, policy = gp.read_layers(folder), gp.read_policy(folder / "policy.toml")
    assert gp.assess(layers, policy).issues.empty
    assert gp.assess(layers, policy, as_of="2040-01-01").issues["code"].tolist() == ["after_the_layers"]


def test_a_sheet_that_would_lose_rows_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr("geoprox.outputs.tables._ROWS", 4)
    frame = pd.DataFrame({"n": range(3)})
    assert gp.write_table(frame, tmp_path / "fits.xlsx").exists()
    with pytest.raises(gp.FormatError, match=r"a sheet of \.xlsx holds 3"):
        gp.write_table(pd.DataFrame({"n": range(4)}), tmp_path / "lost.xlsx")
    assert [p.name for p in tmp_path.glob("*.xlsx")] == ["fits.xlsx"]
