"""How much of each shape is within reach of sites.

Most pairs of a cell and a site are answered by bounds (``reach``). Wide cells for which they tell nothing are halved.
For what is left, the part in the site itself is taken off, the rest is laid into the plane about its middle with
those pieces of the site that can matter, and cut by the regions within reach of these (``covered``).

The error. Outlines in the plane, and sites, are off by at most 1e-4 of the mean width of a cell (2 area / perimeter),
each of which costs at most twice that share; distances are off by ``cells.plane_error``; and an area that several
pieces of sites decide by some 1e-4 of its cell.
"""

from dataclasses import dataclass, replace

import numpy as np
import shapely

from geoprox.geodesy.cells import Cells, halved, make_outlines, plane_error, sizes, subdivided, to_plane
from geoprox.geodesy.covered import (
    Outlines,
    Tasks,
    covered_area,
    covered_length,
    gaps,
    make_tasks,
    outline_area,
    outline_length,
)
from geoprox.geodesy.ellipsoid import R_MIN, Bools, Floats, Geometries, Ints
from geoprox.geodesy.nearest import distance
from geoprox.geodesy.parts import facing
from geoprox.geodesy.reach import SURE_M, Reach, Sites, find_reach
from geoprox.geodesy.runs import borders, least, members, totals

# points of a cell have their nearest points on a site no farther apart than so many times themselves
_FEET = 1.5
_NO_ROWS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Portions:
    """Shapes with sites they may be within reach of, each pair once and in order.

    ``size`` is of the part within reach, ``of`` of the shape, in m2, metres or points; the distance is from ``low`` to
    ``high`` metres.
    """

    shape: Ints
    site: Ints
    size: Floats
    of: Floats
    low: Floats
    high: Floats


def find_portions(cells: Cells, sites: Sites, pairs: tuple[Ints, Ints], dimension: int, *, any_site: bool) -> Portions:
    """Return what the shapes of cells share with sites, for pairs of a cell and a site, in order.

    Pairs of shapes surely out of reach are left out. With ``any_site`` what is within reach of several sites is counted
    once, with one of them.
    """
    i, j = pairs
    found, of = [], np.empty(0)
    while len(i):
        reach = find_reach(cells, sites, i, j)
        if dimension == 0:
            reach = _measured(reach, cells, sites, i, j)
        whole = _sizes_of(cells, i[~reach.none], dimension)
        of = of if len(of) else totals(cells.shape, whole, int(cells.shape.max()) + 1)
        size, low, high = np.zeros(len(i)), reach.low.copy(), reach.high.copy()
        counted = _first(i, reach.whole) if any_site else reach.whole
        size[counted] = whole[i[counted]]
        unsettled = ~(reach.whole | reach.none)
        if any_site:
            unsettled &= ~np.isin(i, i[reach.whole])
        wide = unsettled & cells.wide[i]
        rows = np.flatnonzero(unsettled & ~wide)
        if len(rows):
            job = _make_job(cells, sites, (i, j), reach, rows, any_site=any_site)
            size[rows] = _sizes(job, whole, dimension)
            if not any_site:
                low[rows], high[rows] = _tightened(job, sites.radius[j[rows]], low[rows], high[rows])
        near = ~(reach.none | wide)
        shape = cells.shape[i[near]]
        found.append(Portions(shape, j[near], size[near], of[shape], low[near], high[near]))
        cells, i, j = _halves(cells, i[wide], j[wide], dimension)
    return _grouped(found, len(sites.radius))


def _sizes_of(cells: Cells, rows: Ints, dimension: int) -> Floats:
    """Return the sizes of all cells of those shapes that a cell named is part of, 0 for others."""
    out = np.zeros(len(cells.shape))
    asked = np.isin(cells.shape, cells.shape[rows])
    out[asked] = sizes(cells.geometry[asked], dimension)
    return out


def _measured(reach: Reach, cells: Cells, sites: Sites, i: Ints, j: Ints) -> Reach:
    """Return what is known of points when those that bounds leave open are measured."""
    rows = np.flatnonzero(~(reach.whole | reach.none))
    low, high, whole = reach.low.copy(), reach.high.copy(), reach.whole.copy()
    low[rows] = high[rows] = distance(cells.geometry[i[rows]], sites.geometry[j[rows]])
    whole[rows] = low[rows] <= sites.radius[j[rows]]
    return replace(reach, whole=whole, none=~whole, low=low, high=high)


def _first(i: Ints, whole: Bools) -> Ints:
    """Return the first of the pairs that are whole, for each cell."""
    rows = np.flatnonzero(whole)
    return rows[np.unique(i[rows], return_index=True)[1]]


def _halves(cells: Cells, i: Ints, j: Ints, dimension: int) -> tuple[Cells, Ints, Ints]:
    """Return both halves of the cells named, and the pairs of them with the sites of the whole ones."""
    parents, i = np.unique(i, return_inverse=True)
    halves, of = halved(cells[parents], dimension)
    half, at = members(borders(i, len(parents)), of)
    return halves, half, j[at]


def _grouped(found: list[Portions], n_sites: int) -> Portions:
    """Return what was found of cells as what it says of their shapes."""
    shape, site = (np.concatenate([_NO_ROWS, *(getattr(f, name) for f in found)]) for name in ("shape", "site"))
    size, of, low, high = (
        np.concatenate([np.empty(0), *(getattr(f, name) for f in found)]) for name in ("size", "of", "low", "high")
    )
    _, first, row = np.unique(shape * n_sites + site, return_index=True, return_inverse=True)
    n = len(first)
    return Portions(shape[first], site[first], totals(row, size, n), of[first], least(row, low, n), least(row, high, n))


@dataclass(frozen=True, slots=True)
class _Job:
    """What is cut in the plane: ``tasks`` of ``outlines``, one task for each of the pairs or of the cells.

    ``task`` names the task of each pair, ``cell`` the cell of each task; ``met`` tells from which the part in a site
    was taken off, ``rest`` is what is left of these; ``fine`` is how far an outline and its segments may be off, in
    metres.
    """

    outlines: Outlines
    tasks: Tasks
    task: Ints
    cell: Ints
    met: Bools
    rest: Geometries
    fine: Floats


def _make_job(
    cells: Cells, sites: Sites, pairs: tuple[Ints, Ints], reach: Reach, rows: Ints, *, any_site: bool
) -> _Job:
    i, j = pairs
    cell, task = np.unique(i[rows], return_inverse=True) if any_site else (i[rows], np.arange(len(rows)))
    meets = np.flatnonzero(reach.meets[rows] | (sites.radius[j[rows]] == 0))
    geometry, met = _without(cells.geometry[cell], task[meets], sites.geometry[j[rows[meets]]])
    # tasks of one cell share its outline, but where something was taken off
    drawn, outline = np.unique(
        np.where(met, len(cells.shape) + np.arange(len(cell)), cell), return_index=True, return_inverse=True
    )[1:]
    outlines, fine = make_outlines(geometry[drawn], cells.centre[cell[drawn]])
    place = np.full(len(i), -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    near = (place[reach.pair] >= 0) & (sites.radius[j[reach.pair]] > 0)
    pair, piece, foot = reach.pair[near], reach.piece[near], reach.foot[near]
    owner, radius = task[place[pair]], sites.radius[j[pair]]
    span = _span(foot, cells.reach[i[pair]], np.linalg.norm(sites.pieces.curves[piece, 1], axis=1), radius)
    part, ends = subdivided(sites.pieces, piece, fine[outline[owner]], span)
    start, end = (to_plane(cells.centre[i[pair[part]]], lonlat) for lonlat in ends)
    tasks = make_tasks(outline, cells.reach[cell], owner[part], (start, end), radius[part])
    return _Job(outlines, tasks, task, cell, met, geometry[met], fine[outline])


def _without(geometry: Geometries, row: Ints, taken: Geometries) -> tuple[Geometries, Bools]:
    """Return geometries without ``taken``, each off the row named with it, and which rows have lost something."""
    out, met = geometry.copy(), np.zeros(len(geometry), dtype=bool)
    order = np.argsort(row, kind="stable")
    rank = np.arange(len(row)) - np.searchsorted(row[order], row[order])
    # a row may lose to many sites, one after the other; rows of the same rank are done at once
    for k in range(int(rank.max(initial=-1)) + 1):
        now = order[rank == k]
        other = facing(out[row[now]], taken[now])
        hit = shapely.intersects(out[row[now]], other)
        rows = row[now[hit]]
        out[rows] = shapely.difference(out[rows], other[hit])
        met[rows] = True
    return out, met


def _span(foot: Floats, rho: Floats, half: Floats, radius: Floats) -> tuple[Floats, Floats]:
    """Return from where to where, -1..1, a piece can be nearest to points of a cell.

    ``foot`` is where it is nearest to the middle. Geodesics that leave a line side by side come together towards a
    quarter of the globe from there, so that what is near to each other may then have feet far apart.
    """
    wide = _FEET * rho / np.maximum(np.cos(np.minimum(radius / R_MIN, np.pi / 2)), 0.02)
    turn = np.divide(wide, half, out=np.zeros(len(foot)), where=half > 0)
    return np.clip(foot - turn, -1, 1), np.clip(foot + turn, -1, 1)


def _sizes(job: _Job, whole: Floats, dimension: int) -> Floats:
    """Return the size of the part of each cell within reach, for the first pair of each task, and 0 for others.

    ``whole`` is the size of every cell.
    """
    full, covered = (outline_area, covered_area) if dimension == 2 else (outline_length, covered_length)
    drawn = full(job.outlines)[job.tasks.outline]
    inside = np.concatenate([np.empty(0), *(covered(job.outlines, part) for part in job.tasks.split(job.outlines))])
    share = np.clip(np.divide(inside, drawn, out=np.zeros(len(drawn)), where=drawn != 0), 0, 1)
    left = whole[job.cell].copy()
    left[job.met] = np.minimum(left[job.met], sizes(job.rest, dimension))
    out = np.zeros(len(job.task))
    out[np.unique(job.task, return_index=True)[1]] = whole[job.cell] - left * (1 - share)
    return out


def _tightened(job: _Job, radius: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return bounds on the distances of cells from sites, one pair a task, as the plane tells them."""
    doubt = SURE_M + 2 * job.fine + plane_error(radius, job.tasks.rho)
    out = np.concatenate([np.empty(0), *(gaps(job.outlines, part) for part in job.tasks.split(job.outlines))])
    known = ~job.met & np.isfinite(out)
    # a site that may lie in the cell, or cross its edges, is nearer than its own edges are to those
    apart = known & (low > 0)
    return (
        np.where(apart, np.maximum(low, out + radius - doubt), low),
        np.where(known, np.minimum(high, out + radius + doubt), high),
    )
