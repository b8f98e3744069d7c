"""The only module that knows every stage: it carries values from one to the next."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Protocol

import geopandas as gpd
import pandas as pd

from geoprox.errors import DefinitionError
from geoprox.layers import read_layers
from geoprox.layers.issues import Issue, issue_frame
from geoprox.model.catalog import Catalog
from geoprox.model.columns import CRS, PAIRS
from geoprox.model.dates import read_day, valid_on
from geoprox.model.policy import Policy, Rule, read_policy
from geoprox.model.values import Assessment, Layers
from geoprox.model.vocabulary import Action, Coverage
from geoprox.model.wording import Language
from geoprox.outputs import write_table
from geoprox.proximity import nearest_sites, pairs_within
from geoprox.risk import make_findings, make_table
from geoprox.risk.findings import Evidence
from geoprox.risk.reasons import Names, link_names

_EXCLUDED = ("feature_id", "layer", "name_en", "name_he", "status", "valid_from", "valid_to")


class Progress(Protocol):
    """Be told how far a long task has come."""

    def __call__(self, done: int, total: int, what: str, /) -> None:
        """Take the steps done, the steps in all, and the name of the next one."""


def assess(layers: Layers, policy: Policy, *, as_of: str | date | None = None) -> Assessment:
    """Apply a policy to the subjects of some layers.

    Parameters
    ----------
    layers
        From ``read_layers``.
    policy
        From ``read_policy``.
    as_of
        The day for which to judge: features, links and rules valid on it count, and what has no date. By
        default the day to which the layers were compiled, so that the same files give the same answer on any day.

    Returns
    -------
    Assessment
        ``.table`` (one row a subject, the gravest first), ``.findings``, ``.pairs``, ``.excluded``,
        ``.coverage``, ``.issues``.

    Raises
    ------
    DefinitionError
        ``as_of`` is not a day.

    Examples
    --------
    >>> import geoprox as gp
    >>> risk = gp.assess(gp.read_layers("layers"), gp.read_policy("layers/policy.toml"), as_of="2022-05-11")
    >>> "fp-haifa-bayport" in set(risk.table.subject_id)
    True
    """
    day = read_day(as_of) if as_of is not None else layers.catalog.as_of
    rules = policy.rules_on(day)
    features, excluded = _existing(layers, day)
    links = layers.tables.get("links")
    evidence = Evidence(
        features=features,
        links=links[valid_on(links, day)].sort_values("link_id") if links is not None else None,
        linked=frozenset(links["feature_id"].dropna()) if links is not None else frozenset(),
        pairs=_pairs(features, rules),
        unread=_unread(layers, rules),
        names=_names(layers),
        as_of=day,
    )
    findings = make_findings(policy, evidence)
    return Assessment(
        table=make_table(policy, findings, _nearest(features, rules), evidence),
        findings=findings,
        pairs=evidence.pairs,
        excluded=excluded,
        coverage=layers.coverage,
        issues=pd.concat([layers.issues, issue_frame(_doubts(layers, rules, day))], ignore_index=True),
        policy=policy,
        as_of=day,
    )


def build_maps(
    layers: str | Path,
    policy: str | Path,
    definitions: str | Path | Iterable[str | Path],
    out: str | Path,
    *,
    as_of: str | date | None = None,
    progress: Progress | None = None,
) -> Path:
    """Build the briefing maps, an index of them, and the risk table beside them; return the path of the index.

    Parameters
    ----------
    layers, policy
        A folder of layers, and a policy file.
    definitions
        Map files (TOML), or a folder of them.
    out
        The folder to write to: ``<map>.html`` for each map, ``index.html``, ``risk_table.csv``, ``.xlsx`` and
        ``.geojson``.
    as_of
        As in ``assess``.
    progress
        Called with steps done, steps in all and the next step's name.

    Raises
    ------
    DefinitionError
        A file says something that cannot be used, or there is no map to build.

    Examples
    --------
    >>> import tempfile
    >>> import geoprox as gp
    >>> index = gp.build_maps("layers", "layers/policy.toml", ["maps/eilat.toml"], tempfile.mkdtemp())
    >>> sorted(p.name for p in index.parent.iterdir())
    ['eilat.html', 'index.html', 'risk_table.csv', 'risk_table.geojson', 'risk_table.xlsx']
    """
    # folium takes most of a second to import, and only maps need it
    from geoprox.webmaps import make_map, read_map, write_index, write_map

    out, paths = Path(out), _map_files(definitions)
    total = len(paths) + 2
    tell = progress or _say_nothing
    tell(0, total, "assessing")
    read = read_layers(layers)
    assessment = assess(read, read_policy(policy), as_of=as_of)
    maps = {f"{path.stem}.html": read_map(path) for path in paths}
    tell(1, total, "risk table")
    tables = [write_table(assessment, out / f"risk_table{suffix}").name for suffix in (".csv", ".xlsx", ".geojson")]
    for done, (name, definition) in enumerate(maps.items(), 2):
        tell(done, total, name)
        write_map(make_map(assessment, read, definition=definition), out / name)
    index = write_index(maps, out / "index.html", assessment=assessment, layers=read, tables=tables)
    tell(total, total, "done")
    return index


def _say_nothing(_done: int, _total: int, _what: str) -> None:
    """Stand in where nobody wants to know how far it is."""


def _map_files(definitions: str | Path | Iterable[str | Path]) -> list[Path]:
    """Return the map files meant, in the order of their names where a folder is given."""
    if isinstance(definitions, str | Path):
        path = Path(definitions)
        paths = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    else:
        paths = [Path(path) for path in definitions]
    if not paths:
        message = f"no map to build in {definitions}; add a .toml such as maps/ashdod_port_hinterland.toml"
        raise DefinitionError(message)
    names = [path.stem for path in paths]
    taken = sorted({name for name in names if name == "index" or names.count(name) > 1})
    if taken:
        message = f"{', '.join(taken)}: two pages of one name would overwrite each other; rename a map file"
        raise DefinitionError(message)
    return paths


def _existing(layers: Layers, day: date) -> tuple[dict[str, gpd.GeoDataFrame], pd.DataFrame]:
    """Return the features that exist on a day, by layer, and what was left out with the dates that say why."""
    held = {layer: valid_on(frame, day) for layer, frame in layers.frames.items()}
    left_out = [frame.loc[~held[layer], list(_EXCLUDED)] for layer, frame in layers.frames.items()]
    features = {
        layer: frame[held[layer]].sort_values("feature_id").reset_index(drop=True)
        for layer, frame in layers.frames.items()
    }
    return features, pd.concat(left_out, ignore_index=True) if left_out else pd.DataFrame(columns=list(_EXCLUDED))


def _unread(layers: Layers, rules: Iterable[Rule]) -> dict[str, str]:
    """Return the layers the rules need that cannot support a statement, and what became of each."""
    state = dict(zip(layers.coverage["layer"], layers.coverage["state"], strict=True))
    needed = {layer for rule in rules for layer in (rule.subject_layer, rule.object_layer) if layer}
    return {layer: state.get(layer, Coverage.MISSING.value) for layer in needed if state.get(layer) != Coverage.READ}


def _pairs(features: dict[str, gpd.GeoDataFrame], rules: Iterable[Rule]) -> pd.DataFrame:
    """Return the pairs of each subject layer with each object layer, as far as the farthest rule between them."""
    reach: dict[tuple[str, str], float] = {}
    for rule in rules:
        if rule.object_layer in features and rule.subject_layer in features:
            key = (rule.subject_layer, rule.object_layer)
            reach[key] = max(reach.get(key, 0.0), rule.within_m or 0.0)
    parts = [pairs_within(features[subject], features[site], metres) for (subject, site), metres in reach.items()]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(PAIRS))


def _nearest(features: dict[str, gpd.GeoDataFrame], rules: Iterable[Rule]) -> pd.DataFrame:
    """Return each subject with its nearest site among all layers that any rule protects."""
    sites = [
        features[layer] for layer in dict.fromkeys(r.object_layer for r in rules if r.object_layer) if layer in features
    ]
    subjects = [features[layer] for layer in dict.fromkeys(r.subject_layer for r in rules) if layer in features]
    if not sites or not subjects:
        return pd.DataFrame(columns=list(PAIRS))
    objects = gpd.GeoDataFrame(pd.concat(sites, ignore_index=True), geometry="geometry", crs=CRS)
    return pd.concat([nearest_sites(own, objects) for own in subjects], ignore_index=True)


def _names(layers: Layers) -> Names:
    tables = layers.tables
    authorities = tables["authorities"].rename(columns={"authority_id": "id"}) if "authorities" in tables else None
    features = [
        frame[["feature_id", "name_en", "name_he"]].rename(columns={"feature_id": "id"})
        for frame in layers.frames.values()
    ]
    return Names(
        features=_bilingual(pd.concat(features) if features else None),
        layers=_titles(layers.catalog),
        authorities=_bilingual(authorities),
        links=link_names(tables.get("links"), tables.get("parties")),
    )


def _titles(catalog: Catalog) -> dict[str, dict[Language, str]]:
    layers: dict[str, dict[Language, str]] = {e.id: {"en": e.title_en, "he": e.title_he} for e in catalog.layer}
    tables: dict[str, dict[Language, str]] = {e.id: {"en": e.title_en, "he": e.title_he} for e in catalog.table}
    return layers | tables


def _bilingual(frame: pd.DataFrame | None) -> dict[str, dict[Language, str]]:
    if frame is None:
        return {}
    english = frame["name_en"].fillna(frame["name_he"]).fillna(frame["id"])
    hebrew = frame["name_he"].fillna(english)
    return {i: {"en": en, "he": he} for i, en, he in zip(frame["id"], english, hebrew, strict=True)}


def _doubts(layers: Layers, rules: Iterable[Rule], day: date) -> list[Issue]:
    """Return what policy, layers and day do not have in common."""
    rules = list(rules)
    issues = _unknown_authorities(layers, rules)
    known = {entry.id for entry in layers.catalog.layer}
    for rule in rules:
        for layer in {rule.subject_layer, rule.object_layer} - known - {None}:
            message = f"rule {rule.id} asks for layer {layer}, which is in no catalog; what it finds is unknown"
            remedy = f"use one of {', '.join(sorted(known))}"
            issues.append(Issue("policy", None, "layer", "unknown_reference", Action.KEPT, message, remedy))
    if day > layers.catalog.as_of:
        message = f"{day} is after {layers.catalog.as_of}, the day to which the layers were compiled"
        remedy = "compile the layers again, or judge for an earlier day"
        issues.append(Issue("catalog", None, "as_of", "after_the_layers", Action.KEPT, message, remedy))
    return issues


def _unknown_authorities(layers: Layers, rules: Iterable[Rule]) -> list[Issue]:
    known = set(layers.tables["authorities"]["authority_id"]) if "authorities" in layers.tables else set()
    return [
        Issue(
            "policy",
            None,
            "authorities",
            "unknown_reference",
            Action.KEPT,
            f"rule {rule.id} names {i}, which is in no table",
            "add it to authorities.csv",
        )
        for rule in rules
        for i in rule.authorities
        if i not in known
    ]
