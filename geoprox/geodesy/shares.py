"""What part of a geometry lies inside another, or within a distance of it.

A share within a distance is found without any outline of the zone: see ``portions``. Shares are right to 1e-3 of the
shape, commonly to 1e-5, at any radius up to 10,000 km. Which pairs are within reach at all, and which are slivers, is
decided by bounds where they tell, and else by the distance of ``nearest``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import shapely

from geoprox.errors import GeometryError
from geoprox.geodesy.cells import make_cells
from geoprox.geodesy.ellipsoid import Bools, Floats, Geometries, Ints
from geoprox.geodesy.nearest import nearest
from geoprox.geodesy.parts import TURNS, facing, require_measurable
from geoprox.geodesy.portions import Portions, find_portions
from geoprox.geodesy.reach import Sites, make_sites, without_needless
from geoprox.geodesy.runs import borders, members, totals
from geoprox.geodesy.search import grow
from geoprox.geodesy.size import area_m2, length_m

MAX_REACH_M = 10_000_000.0
_SHAPES = 32_768  # at once, or fewer, so that no more than
_MET = 20_000_000  # pairs are held if all are near each other; of those
_PAIRS = 1_000_000  # are measured at once


@dataclass(frozen=True, slots=True)
class Zones:
    """What is within ``radius_m`` of each site.

    ``doubt_m`` is the radius in metres to which the position of each site is known.
    """

    sites: Geometries
    radius_m: Floats
    doubt_m: Floats


@dataclass(frozen=True, slots=True)
class Shares:
    """Pairs of a left and a right row within reach, ordered by left, then right, and what the left one shares.

    ``area_m2`` and ``share`` (0..1) are of the part of the left row that is within reach. A ``sliver`` reaches into the
    zone by less than the data can tell.
    """

    left: Ints
    right: Ints
    area_m2: Floats
    share: Floats
    sliver: Bools

    def __getitem__(self, rows: Ints) -> "Shares":
        return Shares(*(getattr(self, name)[rows] for name in Shares.__slots__))


def _no_shares() -> Shares:
    rows = np.empty(0, dtype=np.int64)
    return Shares(rows, rows, np.empty(0), np.empty(0), np.empty(0, dtype=bool))


def overlap(a: Geometries, b: Geometries) -> tuple[Floats, Floats]:
    """Return what each ``a[i]`` has in common with ``b[i]``: the area in m2, and the share of ``a[i]`` in 0..1.

    The share is of the area for polygons, of the length for lines, and of the points for points. Both are NaN where
    a geometry is empty or missing.
    """
    require_measurable(a)
    require_measurable(b)
    common = shapely.intersection(a, facing(a, b))
    area = area_m2(common)
    dimension = shapely.get_dimensions(a)
    share = np.zeros(len(a))
    for of, size in _SIZES.items():
        rows = np.flatnonzero(dimension == of)
        whole = size(a[rows])
        share[rows] = np.divide(size(common[rows]), whole, out=np.zeros(len(rows)), where=whole > 0)
    lost = shapely.is_empty(a) | shapely.is_missing(a) | shapely.is_empty(b) | shapely.is_missing(b)
    return np.where(lost, np.nan, area), np.where(lost, np.nan, np.clip(share, 0, 1))


def overlap_within(shapes: Geometries, zones: Zones, doubt_m: Floats, sliver_m: float) -> Shares:
    """Return what every shape shares with the zone of every site within whose radius it is, the bound included.

    ``doubt_m`` is the radius in metres to which the position of each shape is known. A pair is a sliver where the
    shape reaches into the zone, radius less distance, by less than ``sliver_m`` or the doubt of both. What meets the
    site itself is none, unless they share nothing. Empty and missing geometries are in no pair.

    Raises
    ------
    GeometryError
        A coordinate is not finite or not on the globe, or a radius is not from 0 to 10,000 km.
    """
    narrow = _Narrow(zones, doubt_m, sliver_m)
    parts = [_no_shares()]
    for bounded, dimension in _rounds(shapes, zones, None):
        pairs = _exact(shapes, zones, bounded, narrow.undecided(bounded))
        area, share = _area(pairs.size, dimension), _share(pairs.size, pairs.of)
        found = Shares(pairs.shape, pairs.site, area, share, narrow.sliver(pairs))
        parts.append(found[np.flatnonzero(narrow.within(pairs))])
    together = Shares(*(np.concatenate([getattr(p, name) for p in parts]) for name in Shares.__slots__))
    return together[np.lexsort((together.right, together.left))]


def overlap_with_any(
    shapes: Geometries, zones: Zones, doubt_m: Floats, sliver_m: float
) -> tuple[Floats, Floats, Bools]:
    """Return, for each shape, what it shares with the zones of all sites, counted once: area in m2, share, sliver.

    0 where no site is within reach; NaN where a shape is empty or missing. A sliver is one with every site it reaches.
    The rest is as in ``overlap_within``.
    """
    narrow = _Narrow(zones, doubt_m, sliver_m)
    lost = shapely.is_empty(shapes) | shapely.is_missing(shapes)
    area, share = np.where(lost, np.nan, 0.0), np.where(lost, np.nan, 0.0)
    sliver = np.zeros(len(shapes), dtype=bool)
    for bounded, dimension in _rounds(shapes, zones, narrow.most()):
        shape, first, row = np.unique(bounded.shape, return_index=True, return_inverse=True)
        n = len(shape)
        size = totals(row, bounded.size, n)
        # what is counted once for all sites is shared with each of them
        pairs = replace(bounded, size=size[row])
        deep = np.isin(row, row[narrow.deep(pairs)])
        pairs = _exact(shapes, zones, pairs, narrow.undecided(pairs) & ~deep)
        within = narrow.within(pairs)
        reached = np.bincount(row[within], minlength=n) > 0
        area[shape] = np.where(reached, _area(size, dimension), 0)
        share[shape] = np.where(reached, _share(size, bounded.of[first]), 0)
        sliver[shape] = reached & (np.bincount(row[within & ~narrow.sliver(pairs)], minlength=n) == 0)
    return area, share, sliver


@dataclass(frozen=True, slots=True)
class _Narrow:
    """Tells pairs that are within reach, and slivers, from bounds on their distance."""

    zones: Zones
    doubt_m: Floats
    sliver_m: float

    def within(self, pairs: Portions) -> Bools:
        return np.asarray(pairs.high <= self.zones.radius_m[pairs.site], dtype=bool)

    def deep(self, pairs: Portions) -> Bools:
        """Return which pairs surely are no slivers."""
        return np.asarray(self.zones.radius_m[pairs.site] - pairs.high >= self._least(pairs), dtype=bool)

    def sliver(self, pairs: Portions) -> Bools:
        """Return which pairs may be slivers: those that are, once they are decided."""
        shallow = self.zones.radius_m[pairs.site] - pairs.low < self._least(pairs)
        return np.asarray(shallow & ((pairs.low > 0) | (pairs.size == 0)), dtype=bool)

    def undecided(self, pairs: Portions) -> Bools:
        """Return which pairs have bounds that do not tell whether they are within reach, or slivers."""
        shallow = self.within(pairs) & (pairs.low > 0) & self.sliver(pairs)
        beyond = pairs.low > self.zones.radius_m[pairs.site]
        return np.asarray(~(beyond | self.deep(pairs) | shallow | (pairs.low == pairs.high)), dtype=bool)

    def most(self) -> float:
        """Return how far any shape has to reach into any zone to be no sliver, at most."""
        doubt = np.nan_to_num(self.doubt_m).max(initial=0) + np.nan_to_num(self.zones.doubt_m).max(initial=0)
        return max(self.sliver_m, float(doubt))

    def _least(self, pairs: Portions) -> Floats:
        """Return how far a shape has to reach into a zone to be no sliver."""
        doubt = np.nan_to_num(self.doubt_m)[pairs.shape] + np.nan_to_num(self.zones.doubt_m)[pairs.site]
        return np.maximum(self.sliver_m, doubt)


def _exact(shapes: Geometries, zones: Zones, pairs: Portions, asked: Bools) -> Portions:
    """Return pairs with their distance where it is asked for."""
    rows = np.flatnonzero(asked)
    low, high = pairs.low.copy(), pairs.high.copy()
    if len(rows):
        shape, i = np.unique(pairs.shape[rows], return_inverse=True)
        site, j = np.unique(pairs.site[rows], return_inverse=True)
        low[rows] = high[rows] = nearest(shapes[shape], zones.sites[site], i, j).distance_m
    return replace(pairs, low=low, high=high)


def _rounds(shapes: Geometries, zones: Zones, any_site: float | None) -> Iterator[tuple[Portions, int]]:
    """Find what is within reach of sites, for so many shapes of one dimension at a time that memory is bounded.

    With ``any_site`` what several sites reach counts once, and one that reaches all of a part, with so many metres to
    spare, is enough.
    """
    require_measurable(shapes)
    require_measurable(zones.sites)
    _require_radii(zones.radius_m)
    sites = make_sites(zones.sites, zones.radius_m)
    index = _Index(sites)
    dimension = shapely.get_dimensions(shapes)
    step = int(np.clip(_MET // max(1, len(zones.sites)), 64, _SHAPES))
    for of in (0, 1, 2):
        rows = np.flatnonzero((dimension == of) & ~shapely.is_empty(shapes))
        for first in range(0, len(rows), step):
            some = rows[first : first + step]
            met, site = index.near(shapes[some])
            for run in _runs(met):
                near, i = np.unique(met[run], return_inverse=True)
                cells = make_cells(shapes[some[near]], np.arange(len(near)), of)
                # every part of a shape is tried with every site that the box of the shape is near to
                part, at = members(borders(i, len(near)), cells.shape)
                pairs = part, site[run][at]
                if any_site is not None:
                    pairs = without_needless(cells, sites, *pairs, any_site)
                found = find_portions(cells, sites, pairs, of, any_site=any_site is not None)
                yield replace(found, shape=some[near[found.shape]]), of


def _runs(met: Ints) -> Iterator[slice]:
    """Cut pairs, in order of shapes, between shapes, so that no run holds many more than ``_PAIRS``."""
    done = 0
    while done < len(met):
        stop = min(done + _PAIRS, len(met))
        stop = int(np.searchsorted(met, met[stop - 1], side="right"))
        yield slice(done, stop)
        done = stop


class _Index:
    """Finds sites by boxes that surely hold all within reach of them."""

    def __init__(self, sites: Sites) -> None:
        full = ~(shapely.is_empty(sites.geometry) | shapely.is_missing(sites.geometry))
        self._rows = np.flatnonzero(full)
        boxes = grow(sites.bounds[full], sites.radius[full])
        self._tree = shapely.STRtree(np.asarray(shapely.box(*boxes.T), dtype=object))
        self._west, self._east = boxes[:, 0].min(initial=np.inf), boxes[:, 2].max(initial=-np.inf)

    def near(self, shapes: Geometries) -> tuple[Ints, Ints]:
        """Return pairs of a shape and a site, in order, whose boxes meet, whatever full turns lie between them."""
        bounds = shapely.bounds(shapes)
        found = [self._tree.query(shapes)]
        for turn in TURNS:
            west, east = bounds[:, 0] + turn, bounds[:, 2] + turn
            rows = np.flatnonzero((west <= self._east) & (east >= self._west))
            met, site = self._tree.query(shapely.box(west[rows], bounds[rows, 1], east[rows], bounds[rows, 3]))
            found.append(np.stack([rows[met], site]))
        met, site = np.concatenate(found, axis=1)
        order = np.lexsort((site, met))
        met, site = met[order], site[order]
        # a shape may meet a box by more than one turn
        new = np.append(True, (met[1:] != met[:-1]) | (site[1:] != site[:-1]))[: len(met)]
        return met[new], self._rows[site[new]]


def _require_radii(radius: Floats) -> None:
    bad = ~((radius >= 0) & (radius <= MAX_REACH_M))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        message = f"row {row}: radius {radius[row]} m is not from 0 to {MAX_REACH_M:,.0f} m; give a radius in metres"
        raise GeometryError(message)


def _area(size: Floats, dimension: int) -> Floats:
    return size if dimension == 2 else np.zeros(len(size))


def _share(size: Floats, whole: Floats) -> Floats:
    return np.clip(np.divide(size, whole, out=np.zeros(len(size)), where=whole > 0), 0, 1)


def _points(geometries: Geometries) -> Floats:
    """Return how many points there are, those at one place counted once."""
    return np.asarray(shapely.get_num_coordinates(shapely.intersection(geometries, geometries)), dtype=float)


# what a share is of, by the dimension of the geometry
_SIZES = {0: _points, 1: length_m, 2: area_m2}
