"""Checks of what was read: columns against their contract, geometries against the globe, ids against each other."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoprox.geodesy.ellipsoid import Geometries
from geoprox.layers.issues import Issue
from geoprox.model.catalog import LayerEntry
from geoprox.model.columns import Column
from geoprox.model.dates import first_day, last_day
from geoprox.model.vocabulary import Action, Verification

_IDS = {"links": "link_id", "parties": "party_id", "authorities": "authority_id"}
_EARTH_M = 20_004_000  # half way round the globe: no radius says more
_CLEAN = "remove spaces around it, and characters that are no characters"
_SPELLING = "mend its spelling, if it was meant to be one of the schema"
Values = pd.Series
Fault = tuple[int, str, Action, str, str]  # position, code, action, message, remedy


def check_columns(
    layer: str, raw: pd.DataFrame, columns: Sequence[Column], *, open_ended: bool = False
) -> tuple[pd.DataFrame, list[Issue]]:
    """Return the frame with the contract's columns, typed, and every fault found on the way.

    Columns beyond the contract are kept as they are, after the others; unless ``open_ended`` each is an issue.
    """
    issues: list[Issue] = []
    more = raw[[name for name in raw.columns if name not in {c.name for c in columns}]]
    if not open_ended:
        issues += [
            Issue(
                layer, None, str(name), "unknown_column", Action.KEPT, f"column {name} is not in the schema", _SPELLING
            )
            for name in more.columns
        ]
    checked = {}
    for column in columns:
        if column.name not in raw.columns and len(raw):
            message = f"column {column.name} is missing"
            issues.append(
                Issue(layer, None, column.name, "missing_column", Action.KEPT, message, f"add it: {column.about}")
            )
        values = raw[column.name] if column.name in raw.columns else pd.Series(None, index=raw.index, dtype=object)
        values = values.where(values.map(lambda v: v is not None and v == v and v != ""), None)  # noqa: PLR0124 -- NaN is not itself
        checked[column.name], faults = _KINDS[column.kind](values, column)
        issues += [
            Issue(layer, at + 1, column.name, code, action, message, remedy)
            for at, code, action, message, remedy in faults
        ]
        if column.required and column.name in raw.columns:
            message, remedy = f"{column.name} is empty", f"give {column.about}"
            issues += [
                Issue(layer, int(at) + 1, column.name, "missing_value", Action.KEPT, message, remedy)
                for at in np.flatnonzero(values.isna())
            ]
    frame = pd.DataFrame(checked, index=raw.index)
    issues += _check_order(layer, frame)
    return frame.join(more.convert_dtypes().rename(columns=str)), issues


def check_geometry(entry: LayerEntry, geometry: Geometries, given: np.ndarray) -> tuple[Geometries, list[Issue]]:
    """Return geometries that can be measured, and the faults.

    What cannot be used becomes missing, what is invalid is made valid.
    """
    out = geometry.copy()
    issues = []
    for at in range(len(out)):
        fault = _geometry_fault(entry, out[at], given=bool(given[at]))
        if fault is None:
            continue
        code, action, message, remedy = fault
        issues.append(Issue(entry.id, at + 1, "geometry", code, action, message, remedy))
        if code == "invalid_geometry":
            out[at] = shapely.make_valid(out[at])
        else:
            out[at] = None
    return out, issues


def check_unique(frames: Mapping[str, gpd.GeoDataFrame], tables: Mapping[str, pd.DataFrame]) -> list[Issue]:
    """Give every row an id of its own, in place on these fresh frames; return what was renamed.

    Features are told apart over all layers, rows of a table within it.
    """
    features: set[str] = set()
    issues = [issue for layer, frame in frames.items() for issue in _unique(layer, frame, "feature_id", features)]
    for table, frame in tables.items():
        if table in _IDS:
            issues += _unique(table, frame, _IDS[table], set())
    return issues


def _unique(layer: str, frame: pd.DataFrame, column: str, seen: set[str]) -> list[Issue]:
    issues = []
    for at, name in enumerate(frame[column].fillna(f"{layer}-without-id")):
        new, n = name, 1
        while new in seen:
            n += 1
            new = f"{name}#{n}"
        seen.add(new)
        if new != name or pd.isna(frame[column].iloc[at]):
            message, remedy = f"{name} named {new}", "give it an id of its own"
            issues.append(Issue(layer, at + 1, column, "duplicate_id", Action.REPAIRED, message, remedy))
            frame.loc[frame.index[at], column] = new
    return issues


def check_references(
    frames: Mapping[str, gpd.GeoDataFrame], tables: Mapping[str, pd.DataFrame], *, every_feature: bool
) -> list[Issue]:
    """Return every reference that leads nowhere.

    References into a file that was not read, or is empty, are not judged: ``every_feature`` says that no layer is so.
    """
    features = pd.concat([f["feature_id"] for f in frames.values()]) if every_feature else None
    parties = tables["parties"]["party_id"] if "parties" in tables else None
    wanted = [
        ("links", "feature_id", features),
        ("links", "party_id", parties),
        ("parties", "parent_id", parties),
    ]
    issues = [
        issue
        for table, column, known in wanted
        if table in tables and known is not None
        for issue in _lost(table, tables[table], column, known)
    ]
    if "foreign_projects" in frames and features is not None:
        issues += _lost("foreign_projects", frames["foreign_projects"], "same_as", features)
    return issues


def _lost(layer: str, frame: pd.DataFrame, column: str, known: "pd.Series[str]") -> Iterator[Issue]:
    for at in np.flatnonzero(frame[column].notna() & ~frame[column].isin(known)):
        name = frame[column].iloc[at]
        message, remedy = f"{name} is in no layer or table", "add it, or mend the id"
        yield Issue(layer, int(at) + 1, column, "unknown_reference", Action.KEPT, message, remedy)


def _check_order(layer: str, frame: pd.DataFrame) -> list[Issue]:
    """Take dates whose end lies before their beginning as not known, in place on this fresh frame."""
    if not {"valid_from", "valid_to"} <= set(frame.columns):
        return []
    dates = list(zip(frame["valid_from"], frame["valid_to"], strict=True))
    issues = []
    for at, (begin, end) in enumerate(dates):
        if pd.isna(begin) or pd.isna(end) or first_day(begin) <= last_day(end):
            continue
        message = f"valid_to {end} is before valid_from {begin}; both are taken as not known"
        issues.append(
            Issue(layer, at + 1, "valid_to", "dates_reversed", Action.REPAIRED, message, "mend one of the two")
        )
        frame.loc[frame.index[at], ["valid_from", "valid_to"]] = pd.NA
    return issues


def _geometry_fault(
    entry: LayerEntry, geometry: shapely.Geometry | None, *, given: bool
) -> tuple[str, Action, str, str] | None:
    if geometry is None or shapely.is_empty(geometry):
        code, message = (
            ("unreadable_geometry", "geometry cannot be read") if given else ("missing_geometry", "has no geometry")
        )
        return code, Action.KEPT, f"{message}; every rule on it is unknown", "give a GeoJSON geometry"
    xy = shapely.get_coordinates(geometry)
    if not np.isfinite(xy).all() or (np.abs(xy) > [180, 90]).any():
        message = f"coordinates such as {tuple(xy[0].tolist())} are not degrees; every rule on it is unknown"
        return "not_degrees", Action.KEPT, message, "reproject the file to EPSG:4326, longitude first"
    if not shapely.is_valid(geometry):
        return (
            "invalid_geometry",
            Action.REPAIRED,
            f"geometry made valid: {shapely.is_valid_reason(geometry)}",
            "mend it in a GIS",
        )
    extent = shapely.box(*entry.extent)
    if not shapely.intersects(geometry, extent):
        message = f"lies outside the extent that {entry.id} claims to cover; every rule on it is unknown"
        if shapely.intersects(shapely.transform(geometry, lambda c: c[:, ::-1]), extent):
            return "swapped", Action.KEPT, message, "longitude and latitude look swapped; put longitude first"
        return "outside_extent", Action.KEPT, message, "mend it, or widen the layer's extent in the catalog"
    return None


def _text(values: Values, column: Column) -> tuple[Values, list[Fault]]:
    strange = values.notna() & ~values.map(lambda v: isinstance(v, str))
    faults: list[Fault] = [
        (int(at), "not_text", Action.REPAIRED, f"{column.name} {values.iloc[at]!r} taken as text", "put it in quotes")
        for at in np.flatnonzero(strange)
    ]
    given = values.map(str, na_action="ignore")
    # half a surrogate pair cannot be written anywhere: it becomes a question mark
    text = given.map(lambda v: v.encode(errors="replace").decode().strip(), na_action="ignore").astype("string")
    faults += [
        (
            int(at),
            "odd_characters",
            Action.REPAIRED,
            f"{column.name} {given.iloc[at]!r} taken as {text.iloc[at]!r}",
            _CLEAN,
        )
        for at in np.flatnonzero(given.notna() & (given != text.astype(object)))
    ]
    if column.allowed is None:
        return text, faults
    allowed = [member.value for member in column.allowed]
    fallback = next((v for v in allowed if v in ("unknown", Verification.UNVERIFIED)), None)
    wrong = text.notna() & ~text.isin(allowed)
    for at in np.flatnonzero(wrong):
        message = (
            f"{column.name} {text.iloc[at]!r} is not one of {', '.join(allowed)}; taken as {fallback or 'not known'}"
        )
        faults.append((int(at), "unknown_value", Action.REPAIRED, message, "use one of them"))
    return text.mask(wrong, fallback), faults


def _number(values: Values, column: Column) -> tuple[Values, list[Fault]]:
    return _numeric(values, column, upper=_EARTH_M, what=f"a number from 0 to {_EARTH_M:,.0f}")


def _share(values: Values, column: Column) -> tuple[Values, list[Fault]]:
    return _numeric(values, column, upper=1, what="a share between 0 and 1")


def _numeric(values: Values, column: Column, *, upper: float, what: str) -> tuple[Values, list[Fault]]:
    number = values.map(_as_number).astype(float)
    wrong = values.notna() & ~((number >= 0) & (number <= upper) & np.isfinite(number))
    faults: list[Fault] = [
        (
            int(at),
            "not_a_number",
            Action.REPAIRED,
            f"{column.name} {values.iloc[at]!r} is not {what}; taken as not known",
            f"give {what}",
        )
        for at in np.flatnonzero(wrong)
    ]
    return number.mask(wrong), faults


def _as_number(value: object) -> float:
    """Return a number, or NaN for what is none or is beyond all numbers."""
    try:
        return float(str(value))
    except ValueError:
        return float("nan")


def _date(values: Values, column: Column) -> tuple[Values, list[Fault]]:
    text, faults = _text(values, column)
    for at in np.flatnonzero(text.notna()).tolist():
        try:
            first_day(text.iloc[at])
        except ValueError as error:
            faults.append(
                (
                    at,
                    "not_a_date",
                    Action.REPAIRED,
                    f"{column.name}: {error}; taken as not known",
                    "write YYYY, YYYY-MM or YYYY-MM-DD",
                )
            )
            text.iloc[at] = pd.NA
    return text, faults


def _country(values: Values, column: Column) -> tuple[Values, list[Fault]]:
    """Check for two capital letters; which countries there are is not checked, since that changes."""
    text, faults = _text(values, column)
    wrong = text.notna() & ~text.str.fullmatch("[A-Z]{2}").fillna(value=False)
    for at in np.flatnonzero(wrong).tolist():
        message = f"{column.name} {text.iloc[at]!r} is no ISO 3166 alpha-2 code; taken as not known"
        faults.append((at, "not_a_country", Action.REPAIRED, message, "write two capital letters, such as CN"))
    return text.mask(wrong), faults


_KINDS: dict[str, Callable[[Values, Column], tuple[Values, list[Fault]]]] = {
    "text": _text,
    "country": _country,
    "number": _number,
    "share": _share,
    "date": _date,
}
