"""How much of an outline in a plane lies within reach of any of several segments.

Where one segment alone decides, the answer is a closed form (``stadium``). Where several do, an outline is cut into
triangles about 0, and those into quarters, until in each one segment decides or what is left is too small to matter.
Most segments drop out on the way, by three bounds that hold all over a disc of radius ``rho`` about the middle ``c``
of a triangle (``g`` is the distance from a segment less its radius):

- ``g`` changes by at most ``rho``: all is covered where ``g(c) <= -rho``, nothing by this segment where it is
  ``rho`` or more;
- the gradient of a distance from a segment is a unit vector and turns by at most ``rho`` / distance: so the
  difference of two distances changes by at most ``rho |u - v| + rho**2 / 2 * (sum of 1 / (distance - rho))``, and a
  segment that is farther by more never decides;
- where a segment is nearest with an end that another segment also has, the other one is at least as near.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geoprox.geodesy.ellipsoid import Bools, Floats, Ints
from geoprox.geodesy.runs import borders, least, members, totals
from geoprox.geodesy.stadium import Plane, Stadiums, common_area, common_run, gap, make_stadiums

# a triangle smaller than this share of its outline, by the number of segments there, is answered by one segment
_SMALLEST = 1e-3
_LOAD = 1_000_000
_SAME_M = 1e-3  # ends this near each other are one place: that only ever saves work, or costs so much


@dataclass(frozen=True, slots=True)
class Outlines:
    """Directed edges in the plane; outline ``k`` owns ``start[border[k]:border[k + 1]]``, and is about 0."""

    start: Plane
    end: Plane
    border: Ints


@dataclass(frozen=True, slots=True)
class Tasks:
    """What is asked: how much of outline ``outline[t]`` is within reach of the segments that task ``t`` owns.

    ``rho`` bounds how far the outline of each task goes from 0.
    """

    outline: Ints
    rho: Floats
    border: Ints
    stadiums: Stadiums

    def split(self, outlines: Outlines) -> Iterator["Tasks"]:
        """Yield runs of tasks with no more than ``_LOAD`` pairs of an edge and a segment, unless one task alone has."""
        load = np.cumsum(np.diff(outlines.border)[self.outline] * np.diff(self.border))
        done = 0
        while done < len(self.outline):
            base = load[done - 1] if done else 0
            stop = max(done + 1, int(np.searchsorted(load, base + _LOAD, side="right")))
            border = self.border[done : stop + 1]
            run = np.arange(border[0], border[-1])
            yield Tasks(self.outline[done:stop], self.rho[done:stop], border - border[0], self.stadiums[run])
            done = stop


@dataclass(frozen=True, slots=True)
class _Segments:
    """Stadiums, which of them begins where each ends (-1: none), and which ends where it begins."""

    stadiums: Stadiums
    after: Ints
    before: Ints


def make_tasks(outline: Ints, rho: Floats, owner: Ints, ends: tuple[Plane, Plane], radius: Floats) -> Tasks:
    """Return the tasks that own segments ``ends[0]`` to ``ends[1]``; those at one place with one radius are one."""
    order = np.argsort(owner, kind="stable")
    owner, start, end, radius = owner[order], ends[0][order], ends[1][order], radius[order]
    swap = (start.real > end.real) | ((start.real == end.real) & (start.imag > end.imag))
    low, high = np.where(swap, end, start), np.where(swap, start, end)
    place = [np.round(z / _SAME_M) for z in (low.real, low.imag, high.real, high.imag)]
    first = np.sort(np.unique(np.stack([owner, *place, radius]), axis=1, return_index=True)[1])
    stadiums = make_stadiums(start[first], end[first], radius[first])
    return Tasks(outline, rho, borders(owner[first], len(outline)), stadiums)


def covered_area(outlines: Outlines, tasks: Tasks) -> Floats:
    """Return the area in m2 of each task, positive for outlines that run counter-clockwise."""
    n = len(tasks.outline)
    task, segment = members(tasks.border, np.arange(n))
    segments = _linked(task, tasks.stadiums)
    full, task, segment = _sift(np.zeros(n, dtype=complex), tasks.rho, task, segment, segments)
    area = np.where(full, outline_area(outlines)[tasks.outline], 0.0)
    alone = np.bincount(task, minlength=n)[task] == 1
    one, edge = members(outlines.border, tasks.outline[task[alone]])
    shared = common_area(outlines.start[edge], outlines.end[edge], tasks.stadiums[segment[alone][one]])
    area += totals(task[alone][one], shared, n)
    return area + _by_triangles(outlines, tasks, segments, task[~alone], segment[~alone])


def covered_length(outlines: Outlines, tasks: Tasks) -> Floats:
    """Return the length in metres of the edges of each task that is within reach of a segment."""
    n = len(tasks.outline)
    task, edge = members(outlines.border, tasks.outline)
    run, segment = members(tasks.border, task)
    p, q = outlines.start[edge], outlines.end[edge]
    enter, leave = common_run(p[run], q[run], tasks.stadiums[segment])
    order = np.lexsort((enter, run))
    run, enter, leave = run[order], enter[order], leave[order]
    # runs of one edge in the order in which they begin: each adds what goes on beyond all before it. Edges are
    # kept apart by 4 on one axis, since a maximum that runs along an axis knows no borders
    apart = 4.0 * run
    before = np.maximum.accumulate(np.concatenate([[-1.0], (leave + apart)[:-1]])) - apart
    share = totals(run, np.maximum(0, leave - np.maximum(enter, before)), len(task))
    return totals(task, np.abs(q - p) * share, n)


def outline_area(outlines: Outlines) -> Floats:
    """Return the area in m2 of each outline, positive where it runs counter-clockwise."""
    cross = (outlines.start.conj() * outlines.end).imag / 2
    n = len(outlines.border) - 1
    return totals(np.repeat(np.arange(n), np.diff(outlines.border)), cross, n)


def outline_length(outlines: Outlines) -> Floats:
    """Return the length in metres of each outline."""
    n = len(outlines.border) - 1
    return totals(np.repeat(np.arange(n), np.diff(outlines.border)), np.abs(outlines.end - outlines.start), n)


def gaps(outlines: Outlines, tasks: Tasks) -> Floats:
    """Return the least distance less radius between the edges of each task's outline and its segments.

    Only where no edge crosses a segment.
    """
    n = len(tasks.outline)
    task, edge = members(outlines.border, tasks.outline)
    run, segment = members(tasks.border, task)
    p, q, stadiums = outlines.start[edge][run], outlines.end[edge][run], tasks.stadiums[segment]
    edges = make_stadiums(p, q, stadiums.radius)
    tip = stadiums.axis * stadiums.half
    away = [gap(p, stadiums), gap(q, stadiums), gap(stadiums.middle - tip, edges), gap(stadiums.middle + tip, edges)]
    return least(task[run], np.min([metres for metres, _ in away], axis=0) - stadiums.radius, n)


def _linked(task: Ints, stadiums: Stadiums) -> _Segments:
    """Return segments with what they continue, of the same task and radius."""
    n = len(task)
    tip = stadiums.axis * stadiums.half
    both = np.concatenate([stadiums.middle - tip, stadiums.middle + tip])
    place = [np.round(both.real / _SAME_M), np.round(both.imag / _SAME_M), np.tile(stadiums.radius, 2)]
    node = np.unique(np.stack([np.tile(task, 2), *place]), axis=1, return_inverse=True)[1].reshape(-1)
    begins, ends = (np.full(2 * n, -1, dtype=np.int64) for _ in range(2))
    long = np.flatnonzero(stadiums.half > 0)
    begins[node[:n][long]] = ends[node[n:][long]] = long
    after, before = begins[node[n:]], ends[node[:n]]
    return _Segments(stadiums, after, before)


def _by_triangles(outlines: Outlines, tasks: Tasks, segments: _Segments, task: Ints, segment: Ints) -> Floats:
    """Return the area of tasks where several segments decide."""
    n = len(tasks.outline)
    area = np.zeros(n)
    smallest = _smallest(outlines, tasks)
    rows = np.unique(task)
    of, edge = members(outlines.border, tasks.outline[rows])
    corners = np.stack([np.zeros(len(edge), dtype=complex), outlines.start[edge], outlines.end[edge]], axis=1)
    owner = rows[of]
    cell, at = members(borders(task, n), owner)
    segment = segment[at]
    while len(cell):
        middle = corners.mean(axis=1)
        rho = np.abs(corners - middle[:, None]).max(axis=1)
        size = _triangle_area(corners)
        full, cell, segment = _sift(middle, rho, cell, segment, segments)
        area += totals(owner[full], size[full], n)
        count = np.bincount(cell, minlength=len(corners))
        ready = (count == 1) | (np.abs(size) <= smallest[owner])
        now = ready[cell]
        area += totals(owner, _best(corners, size, cell[now], segment[now], segments.stadiums), n)
        rest = np.flatnonzero((count > 0) & ~ready)
        cell, at = members(borders(cell, len(corners)), np.repeat(rest, 4))
        owner, corners, segment = np.repeat(owner[rest], 4), _quartered(corners[rest]), segment[at]
    return area


def _smallest(outlines: Outlines, tasks: Tasks) -> Floats:
    """Return the area of triangles that are not cut any more."""
    whole = np.abs(outline_area(outlines))[tasks.outline]
    radius = least(np.repeat(np.arange(len(whole)), np.diff(tasks.border)), tasks.stadiums.radius, len(whole))
    # a small zone in a large outline is told finer, so that its area too is right, as far as that costs little
    reached = np.clip(4 * radius**2, 1e-3 * whole, whole)
    return np.asarray(_SMALLEST * reached / (1 + np.diff(tasks.border)), dtype=float)


def _best(corners: Plane, size: Floats, cell: Ints, segment: Ints, stadiums: Stadiums) -> Floats:
    """Return of each triangle the area within reach of the one segment that reaches most of it."""
    p, q = corners[cell], corners[cell][:, [1, 2, 0]]
    sides = common_area(p.ravel(), q.ravel(), stadiums[np.repeat(segment, 3)]).reshape(-1, 3)
    area = np.sign(size[cell]) * sides.sum(axis=1)
    most = np.zeros(len(corners))
    np.maximum.at(most, cell, area)
    return np.asarray(most * np.sign(size), dtype=float)


def _triangle_area(corners: Plane) -> Floats:
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return np.asarray((u.conj() * v).imag / 2, dtype=float)


def _quartered(corners: Plane) -> Plane:
    """Return the four triangles between the corners and the middles of the sides, one after the other."""
    a, b, c = corners.T
    d, e, f = (a + b) / 2, (b + c) / 2, (c + a) / 2
    return np.stack([a, d, f, d, b, e, f, e, c, d, e, f], axis=1).reshape(-1, 3)


def _sift(middle: Plane, rho: Floats, cell: Ints, segment: Ints, segments: _Segments) -> tuple[Bools, Ints, Ints]:
    """Return which cells are wholly within reach of a segment, and for the others which segments may decide.

    Cells are discs; ``cell`` and ``segment`` are what is tried, in order of cells, then segments.
    """
    metres, away = gap(middle[cell], segments.stadiums[segment])
    out = metres - segments.stadiums.radius[segment]
    full = least(cell, out, len(middle)) <= -rho
    near = np.flatnonzero((out < rho[cell]) & ~full[cell])
    several = np.bincount(cell[near], minlength=len(middle))[cell[near]] > 1
    some = near[several]
    drop = np.zeros(len(cell), dtype=bool)
    drop[some] = _farther(rho, cell[some], out[some], metres[some], away[some])
    some = some[~drop[some]]
    drop[some] = _continued(middle, rho, cell[some], segment[some], segments)
    keep = near[~drop[near]]
    return np.asarray(full, dtype=bool), cell[keep], segment[keep]


def _farther(rho: Floats, cell: Ints, out: Floats, metres: Floats, away: Plane) -> Bools:
    """Return which segments are farther than the nearest one of their cell, all over the cell."""
    if not len(cell):
        return np.zeros(0, dtype=bool)
    order = np.lexsort((out, cell))
    first = order[np.searchsorted(cell[order], cell)]
    rho = rho[cell]
    clear = (metres > rho) & (metres[first] > rho)
    with np.errstate(divide="ignore"):
        turn = rho**2 / 2 * (1 / (metres - rho) + 1 / (metres[first] - rho))
    lead = out - out[first]
    return np.asarray(clear & (lead > 0) & (lead >= rho * np.abs(away - away[first]) + turn), dtype=bool)


def _continued(middle: Plane, rho: Floats, cell: Ints, segment: Ints, segments: _Segments) -> Bools:
    """Return which segments are nearest with an end only, where another one of the cell goes on from that end."""
    stadiums = segments.stadiums[segment]
    along, half, rho = stadiums.local(middle[cell]).real, stadiums.half, rho[cell]
    at_end, at_start = along - rho >= half, along + rho <= -half
    key = cell * len(segments.after) + segment

    def find(other: Ints) -> Ints:
        """Return where another segment stands among those of the same cell, -1 where it does not."""
        wanted = key - segment + other
        at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        return np.where((other >= 0) & (other != segment) & (key[at] == wanted), at, -1)

    if not len(cell):
        return np.zeros(0, dtype=bool)
    after, before = find(segments.after[segment]), find(segments.before[segment])
    # a point is never what goes on; of two that are both nearest with the end they have in common, the first one stays
    point = (half == 0) & ((after >= 0) | (before >= 0))
    return np.asarray(point | (at_end & (after >= 0) & ~at_start[after]) | (at_start & (before >= 0)), dtype=bool)
