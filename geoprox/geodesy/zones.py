"""Zones around and within geometries, and rings between zones.

A zone is drawn, and shares are taken of it; findings are decided by distance, since any polygon misses its circle.
"""

from itertools import pairwise

import numpy as np
import shapely

from geoprox.errors import GeometryError
from geoprox.geodesy.ellipsoid import Floats, Geometries, Ints
from geoprox.geodesy.outlines import drawn, in_range
from geoprox.geodesy.parts import require_measurable, singles
from geoprox.geodesy.strips import LIMIT, surroundings

MIN_RADIUS_M, MAX_RADIUS_M = 1e-2, 1_000_000.0
# rows drawn at once: bounds memory to some hundred MB
_ROWS = 5000


def buffer(geometries: Geometries, radius_m: Floats) -> Geometries:
    """Return the zone of each geometry: what lies within its radius, or, for one below 0, as deep in a polygon.

    The zone of a positive radius holds every point within it, and its outline lies between 1 and 1.0001 radii from the
    geometry. That of a negative radius holds no point of the polygon nearer than that to its boundary, and every point
    that is 1.0001 radii deep; it may be empty. Zones are polygons or multipolygons within longitudes -180..180, cut at
    the antimeridian; one that holds a pole reaches latitude 90 (or -90) over the full turn. Empty and missing
    geometries give an empty polygon.

    Raises
    ------
    GeometryError
        A radius is not from 1 cm to 1,000 km, or is negative where the geometry has points or lines.
    """
    require_measurable(geometries)
    _require_radii(geometries, radius_m)
    zones = np.full(len(geometries), shapely.Polygon(), dtype=object)
    for some, draw in ((radius_m > 0, _around), (radius_m < 0, _within)):
        rows = np.flatnonzero(some)
        for part in (rows[k : k + _ROWS] for k in range(0, len(rows), _ROWS)):
            zones[part] = draw(shapely.force_2d(geometries[part]), np.abs(radius_m[part]))
    return zones


def rings(geometries: Geometries, radii_m: Floats) -> Geometries:
    """Return the rings around each geometry, shape ``(n, k)``: from 0 to the first radius, from there to the second...

    A ring's outer boundary is, vertex by vertex, the inner boundary of the next. The first ring holds the geometry.

    Raises
    ------
    GeometryError
        Radii are not from 1 cm to 1,000 km, or one is not more than 1.0001 times the one before it.
    """
    _require_ascending(radii_m)
    zones = [buffer(geometries, np.full(len(geometries), radius)) for radius in radii_m]
    between = [shapely.difference(outer, inner) for inner, outer in pairwise(zones)]
    return np.stack([zones[0], *between], axis=1).astype(object)


def _require_radii(geometries: Geometries, radius_m: Floats) -> None:
    size = np.abs(radius_m)
    bad = ~((size >= MIN_RADIUS_M) & (size <= MAX_RADIUS_M))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise GeometryError(
            f"row {row}: radius {radius_m[row]} m is not from {MIN_RADIUS_M} m to {MAX_RADIUS_M:,.0f} m; "
            "give a radius in metres (for none, take the geometry itself)"
        )
    parts, owner = singles(geometries)
    thin = (shapely.get_dimensions(parts) < 2) & (radius_m[owner] < 0)
    if thin.any():
        row = int(owner[thin][0])
        raise GeometryError(
            f"row {row}: a zone of {radius_m[row]} m lies within polygons, and this {geometries[row].geom_type} has "
            "points or lines; give it a radius above 0 metres"
        )


def _require_ascending(radii_m: Floats) -> None:
    if not len(radii_m) or not (radii_m > 0).all() or not (radii_m[1:] > radii_m[:-1] * LIMIT).all():
        raise GeometryError(
            f"radii {radii_m.tolist()} do not ascend from above 0 by more than a 10,000th each; "
            "give metres such as [500, 1000, 5000]"
        )


def _around(geometries: Geometries, radius_m: Floats) -> Geometries:
    """Return what lies within the radius of each geometry."""
    parts, owner = singles(geometries)
    areal = shapely.get_dimensions(parts) == 2
    inside, of = in_range(parts[areal], owner[areal])
    beside, by = drawn(surroundings(parts, owner, radius_m))
    return _united(np.concatenate([inside, beside]), np.concatenate([of, by]), len(geometries))


def _within(geometries: Geometries, radius_m: Floats) -> Geometries:
    """Return what lies at least as deep in each polygon as the radius."""
    whole = _united(*in_range(*singles(geometries)), len(geometries))
    return np.asarray(shapely.difference(whole, _around(_boundary(whole), radius_m)), dtype=object)


def _boundary(polygons: Geometries) -> Geometries:
    """Return the boundary on the globe: without the cut along the antimeridian, and without poles that are inside."""
    boundary = np.asarray(shapely.boundary(polygons), dtype=object)
    bounds = np.abs(shapely.bounds(polygons))
    seam = np.flatnonzero((bounds == 180).any(axis=1))
    boundary[seam] = _without_seam(boundary[seam])
    polar = np.flatnonzero((bounds[:, [1, 3]] == 90).any(axis=1))
    for pole in (-90, 90):
        turn = shapely.LineString([(-180, pole), (180, pole)])
        inside = polar[shapely.length(shapely.intersection(boundary[polar], turn)) == 360]
        boundary[inside] = shapely.difference(boundary[inside], turn)
    return boundary


def _without_seam(boundary: Geometries) -> Geometries:
    """Return boundaries without those parts of the antimeridian that have the inside on either side."""
    west, east = (shapely.LineString([(lon, -90), (lon, 90)]) for lon in (-180, 180))
    here = shapely.intersection(boundary, west)
    there = shapely.transform(shapely.intersection(boundary, east), lambda lonlat: lonlat - [360, 0])
    rest = shapely.difference(shapely.difference(boundary, west), east)
    return np.asarray(shapely.union(rest, shapely.symmetric_difference(here, there)), dtype=object)


def _united(polygons: Geometries, owner: Ints, n: int) -> Geometries:
    """Return the union of each row's polygons."""
    order = np.argsort(owner, kind="stable")
    polygons, owner = polygons[order], owner[order]
    out = np.full(n, shapely.Polygon(), dtype=object)
    shapely.multipolygons(polygons, indices=owner, out=out)
    single = np.bincount(owner, minlength=n)[owner] == 1
    out[owner[single]] = polygons[single]
    several = np.unique(owner[~single])
    out[several] = shapely.union_all(out[several, None], axis=1)
    return out
