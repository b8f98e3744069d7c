"""The report: goals, every figure, what could not run and why, as Markdown; and the plot of the scaling curve."""

import math
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import geoprox as gp
from benchmarks.agree import EDGE_M, TOLERANCES, Agreement
from benchmarks.measure import Measured
from benchmarks.plan import Goal, Row
from benchmarks.runners import postgis

_PACKAGES = (
    "numpy",
    "numba",
    "shapely",
    "pyproj",
    "geopandas",
    "pyarrow",
    "dask",
    "dask-geopandas",
    "duckdb",
    "duckdb-extension-spatial",
    "sedonadb",
)
_COLUMNS = (
    "who",
    "wall s",
    "range",
    "CPU s",
    "peak MB",
    "pairs",
    "us a pair",
    "x geoprox",
    "wrong tiers",
    "largest difference",
)
_NOTHING = "–"
Line = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All that a run of the benchmarks found out."""

    rows: Sequence[Row]
    goals: Sequence[Goal]
    left_out: Sequence[str]  # runners that were not asked for
    measured: dict[str, Measured]
    agreements: dict[str, Agreement]
    truths: dict[str, dict[str, float]]
    not_checked: Sequence[str]
    quick: bool
    repeat: int

    def faults(self) -> list[str]:
        """Return what must not be: an answer that no known error explains, or a run of geoprox that broke."""
        found = [f"{key}: {fault}" for key, agreement in self.agreements.items() for fault in agreement.faults]
        found += [f"{group}: {n:.0f} wrong tiers" for group, told in self.truths.items() if (n := told["wrong_tiers"])]
        found += [
            f"{group}: geoprox is {told['largest_m'] * 1000:.2f} mm from the oracle"
            for group, told in self.truths.items()
            if told["largest_m"] > EDGE_M
        ]
        broke = [row for row in self.rows if row.job.runner.startswith("geoprox") and self.measured[row.key].failed]
        return found + [f"{row.key}: {self.measured[row.key].could_not_run}" for row in broke]


def markdown(results: Results) -> str:
    """Return the report."""
    parts = ["# Results", _about(results), "## Goals", table(_goal_lines(results))]
    for group in dict.fromkeys(row.group for row in results.rows):
        rows = [row for row in results.rows if row.group == group]
        lines = list(_row_lines(rows, results))
        if len(lines) > 1:
            parts += [f"## {group}", table(lines)]
    parts += ["## Checks", *_checks(results), "## What could not run", _could_not_run(results)]
    return "\n\n".join(parts) + "\n"


def table(lines: Iterable[Line]) -> str:
    """Return lines as a Markdown table that reads well as text: the first is the head, numbers are on the right."""
    lines = list(lines)
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    rows = [
        "| " + " | ".join(_padded(cell, width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
    return "\n".join([rows[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *rows[1:]])


def _padded(cell: str, width: int) -> str:
    return cell.rjust(width) if cell[:1].isdigit() else cell.ljust(width)


def _about(results: Results) -> str:
    rounds = f"Medians of {results.repeat} rounds; a run of over a minute is done once."
    tiny = "**Tiny sizes (--quick): everything ran, and the figures say nothing.**\n\n" if results.quick else ""
    versions = ", ".join(f"{name} {version}" for name in _PACKAGES if (version := _version(name)))
    return (
        f"{tiny}{rounds} {os.cpu_count()} cores, {_processor()}, {platform.system()}, "
        f"Python {platform.python_version()}. geoprox {gp.__version__}, {versions}, PostGIS {postgis.version()}."
    )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def _goal_lines(results: Results) -> Iterator[Line]:
    yield "what", "goal", "measured", "met"
    for goal in results.goals:
        value = goal.value(results.measured)
        if math.isnan(value):
            yield goal.what, goal.bar, "not measured", _why_not(goal, results)
            continue
        met = "not judged at tiny sizes" if results.quick else "met" if goal.met(value) else "**not met**"
        yield goal.what, goal.bar, f"{value:.3g}{'x' if goal.over else ' ms'}", met


def _why_not(goal: Goal, results: Results) -> str:
    reasons = [results.measured[key].could_not_run for key in (goal.of, goal.over) if key in results.measured]
    return "; ".join(reason for reason in reasons if reason) or "a row of it was left out"


def _row_lines(rows: Sequence[Row], results: Results) -> Iterator[Line]:
    ran = [row for row in rows if results.measured[row.key].rounds]
    yield _COLUMNS
    for row in ran:
        told, agreement = results.measured[row.key], results.agreements.get(row.key)
        wall = [figure["wall_s"] for figure in told.rounds]
        yield (
            row.label,
            _number(told.median("wall_s")),
            f"{min(wall):.3g}–{max(wall):.3g}" if len(wall) > 1 else _NOTHING,
            _number(told.median("cpu_s")),
            _number(told.median("peak_mb"), "{:,.0f}"),
            _number(told.median("pairs"), "{:,.0f}"),
            _number(told.median("wall_s") / told.median("pairs") * 1e6),
            _number(_times_ours(row, ran, results), "{:.2f}"),
            f"{agreement.wrong_tiers:,}" if agreement else _NOTHING,
            _difference(row, agreement),
        )


def _times_ours(row: Row, ran: Sequence[Row], results: Results) -> float:
    """Return the time of a row over that of the first row of geoprox beside it; of shares, the time of each."""
    figure = "s_per_pair" if row.job.radius_m else "wall_s"
    union = row.job.runner.endswith("union")
    ours = [r for r in ran if r.job.runner.startswith("geoprox") and r.job.runner.endswith("union") == union]
    over = results.measured[ours[0].key] if ours else Measured()
    return results.measured[row.key].median(figure) / over.median(figure)


def _number(value: float, form: str = "{:.3g}") -> str:
    return _NOTHING if math.isnan(value) else form.format(value)


def _difference(row: Row, agreement: Agreement | None) -> str:
    if agreement is None:
        return _NOTHING
    if row.job.radius_m:
        return f"{agreement.largest_m:.1e} of a share"
    return f"{agreement.largest_m:.3g} m" if agreement.largest_m >= 1e-2 else f"{agreement.largest_m * 1000:.1g} mm"


def _checks(results: Results) -> Iterator[str]:
    faults = results.faults()
    verdict = (
        "**Answers disagree:**\n\n" + bullets(faults) if faults else "No answer is further off than its known error."
    )
    yield verdict
    for group, told in results.truths.items():
        yield (
            f"{group}: geoprox against the oracle of the tests, {told['pairs']:.0f} pairs, half of them the nearest to "
            f"the edge of a tier: at most {told['largest_m'] * 1000:.2g} mm off, {told['wrong_tiers']:.0f} wrong tiers."
        )
    yield "Peers are compared with geoprox on all pairs. Allowed to them, in metres and as a part of the distance:"
    used = dict.fromkeys(row.job.runner for row in results.rows if row.key in results.agreements)
    known = [(runner, TOLERANCES[runner]) for runner in used if runner in TOLERANCES]
    yield bullets(
        [f"{runner}: {tolerance.metres:g} m + {tolerance.share:g}; {tolerance.reason}" for runner, tolerance in known]
        or ["none was run"]
    )
    if results.not_checked:
        yield "Not checked:\n\n" + bullets(results.not_checked)


def _could_not_run(results: Results) -> str:
    reasons = [(row.key, results.measured[row.key].could_not_run) for row in results.rows]
    lines = [f"{key}: {reason}" for key, reason in reasons if reason]
    lines += [f"{runner}: left out by --only" for runner in results.left_out]
    return bullets(lines) if lines else "Everything ran."


def bullets(lines: Sequence[str]) -> str:
    """Return lines as a Markdown list."""
    return "\n".join(f"- {line}" for line in lines)


# the plot

_SERIES = {
    ("geoprox stream", "A"): ("geoprox, parcels", "o-", "tab:blue"),
    ("geoprox stream", "A-points"): ("geoprox, points", "s--", "tab:cyan"),
    ("geopandas", "A"): ("geopandas, parcels", "^-", "tab:red"),
    ("floor", "A"): ("floor, parcels", "o:", "tab:gray"),
    ("floor", "A-points"): ("floor, points", "s:", "lightgray"),
}


def draw(results: Results, path: Path) -> str:
    """Draw time over pairs and peak memory over parcels, from file to file; return why it could not be, or nothing."""
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        return f"the plot: {error}"
    curves = {name: _curve(results, *name) for name in _SERIES}
    if not any(curves.values()):
        return "the plot: no streaming row ran"
    # the same figures give the same file: no date, and no random names in it
    with rc_context({"svg.hashsalt": "geoprox", "svg.fonttype": "none", "axes.grid": True, "grid.alpha": 0.3}):
        figure = Figure(figsize=(10, 4.2), layout="constrained")
        times, memory = figure.subplots(1, 2)
        for name, curve in curves.items():
            label, style, color = _SERIES[name]
            for axes, x, y in ((times, "pairs", "wall_s"), (memory, "n", "peak_mb")):
                axes.loglog([p[x] for p in curve], [p[y] for p in curve], style, color=color, label=label)
        _guide(times, next(curve for curve in curves.values() if curve))
        times.set(xlabel="pairs", ylabel="seconds, file to file", title="Time")
        memory.set(xlabel="parcels", ylabel="MB", title="Peak memory")
        times.legend()
        figure.savefig(path, metadata={"Date": None})
    return ""


def _curve(results: Results, runner: str, workload: str) -> list[dict[str, float]]:
    rows = [row for row in results.rows if (row.job.runner, row.job.workload) == (runner, workload) and row.job.to_file]
    ran = sorted((row for row in rows if results.measured[row.key].rounds), key=lambda row: row.job.n)
    names = ("pairs", "wall_s", "peak_mb")
    return [{"n": row.job.n} | {name: results.measured[row.key].median(name) for name in names} for row in ran]


def _guide(axes: object, curve: Sequence[dict[str, float]]) -> None:
    """Draw what time linear in pairs would be, from the last point of a curve back."""
    last = curve[-1]
    pairs = [min(p["pairs"] for p in curve), last["pairs"]]
    axes.loglog(pairs, [last["wall_s"] * p / last["pairs"] for p in pairs], "k-", lw=0.7, label="linear in pairs")
