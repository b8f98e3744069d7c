"""`python -m benchmarks`: make the workloads, run geoprox and its peers in turn, compare, report."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmarks import agree, measure, report, truth, workloads
from benchmarks.jobs import Job
from benchmarks.plan import FULL, QUICK, Plan, Row, only, plan
from benchmarks.runners import REQUIRES

HERE = Path(__file__).resolve().parent
_SHARES_ALLOWED = 5e-3  # the plane's scale over a line of 20 km moves an edge by up to 7 cm of a parcel of 20 m


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; return 1 if an answer is further off than its known error."""
    asked = _parser().parse_args(arguments)
    asked.data.mkdir(parents=True, exist_ok=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    sizes = QUICK if asked.quick else FULL
    # on the disk of the workloads: answers are moved, not copied
    with tempfile.TemporaryDirectory(dir=asked.data, prefix="answers-") as scratch:
        planned = plan(sizes, asked.data, Path(scratch))
        rows = only(planned.rows, asked.only)
        if not rows:
            sys.exit(f"no runner is named {' or '.join(asked.only)}; there are {', '.join(_runners(planned))}")
        results = _results(planned, rows, asked, Path(scratch), sizes.truth)
    no_plot = report.draw(results, asked.out / "scaling.svg")
    text = report.markdown(results) + (f"- {no_plot}\n" if no_plot else "\n![Scaling](scaling.svg)\n")
    (asked.out / "results.md").write_text(text, encoding="utf-8")
    print(text)
    return 1 if results.faults() else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="RUNNER", help="run these, such as geoprox or 'postgis*'"
    )
    parser.add_argument("--quick", action="store_true", help="tiny sizes, once: does everything run?")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="rounds, of which medians are told (3)")
    parser.add_argument("--data", type=Path, default=HERE / "data", help="where the workloads are written")
    parser.add_argument("--out", type=Path, default=HERE, help="where results.md and scaling.svg are written")
    return parser


def _runners(planned: Plan) -> list[str]:
    return list(dict.fromkeys(row.job.runner for row in planned.rows))


def _results(
    planned: Plan, rows: Sequence[Row], asked: argparse.Namespace, scratch: Path, truths: int
) -> report.Results:
    for job in dict.fromkeys(row.job for row in rows):
        workloads.write(workloads.WORKLOADS[job.workload], job.n, job.sites, asked.data)
    answers = {row.key: scratch / f"{number}.parquet" for number, row in enumerate(rows) if _is_compared(row.job)}
    repeat = 1 if asked.quick else asked.repeat
    measured = measure.run(
        {row.key: row.job for row in rows}, repeat=repeat, answers=answers, requires=REQUIRES, say=_say
    )
    _say("comparing answers")
    agreements, not_checked = _agreements(rows, answers)
    held, not_held = _truths(rows, answers, truths)
    return report.Results(
        rows=rows,
        goals=planned.goals,
        left_out=[runner for runner in _runners(planned) if runner not in {row.job.runner for row in rows}],
        measured=measured,
        agreements=agreements,
        truths=held,
        not_checked=[*not_checked, *not_held],
        quick=asked.quick,
        repeat=repeat,
    )


def _is_compared(job: Job) -> bool:
    # the pairs of ten million points are counted and timed only
    return job.runner != "floor" and job.workload != "A-points" and "single" not in job.runner


def _question(job: Job) -> tuple[object, ...]:
    """Return what two jobs have in common whose answers must agree."""
    return job.workload, job.n, job.radius_m, job.runner.endswith("union")


def _references(rows: Sequence[Row], answers: dict[str, Path]) -> dict[tuple[object, ...], Row]:
    """Return the first row of geoprox that answered each question."""
    found: dict[tuple[object, ...], Row] = {}
    for row in rows:
        if row.job.runner.startswith("geoprox") and row.key in answers and answers[row.key].exists():
            found.setdefault(_question(row.job), row)
    return found


def _agreements(rows: Sequence[Row], answers: dict[str, Path]) -> tuple[dict[str, agree.Agreement], list[str]]:
    references, found, not_checked = _references(rows, answers), {}, []
    for row in rows:
        job, answer = row.job, answers.get(row.key)
        if answer is None or not answer.exists():
            continue
        reference = references.get(_question(job))
        if reference is None:
            not_checked.append(f"{row.key}: geoprox gave no answer to compare with")
        elif reference is not row and job.radius_m:
            found[row.key] = agree.compare_shares(answers[reference.key], answer, _SHARES_ALLOWED)
        elif reference is not row:
            tolerance = agree.TOLERANCES[job.runner]
            found[row.key] = agree.compare(answers[reference.key], answer, job.tiers_m, tolerance)
    return found, not_checked


def _truths(rows: Sequence[Row], answers: dict[str, Path], count: int) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Hold the pairs of geoprox in memory against the oracle: a sample of each group."""
    lacking = [module for module in truth.NEEDS if find_spec(module) is None]
    if lacking or not truth.ORACLE.exists():
        return {}, [f"geoprox against the oracle of the tests: not installed: {', '.join(lacking) or 'the tests'}"]
    found, not_checked = {}, []
    for row in _references(rows, answers).values():
        if row.job.runner != "geoprox":
            continue
        _say(f"asking the oracle about {row.group}")
        result = answers[row.key].with_suffix(".json")
        told = measure.start(
            "benchmarks.truth", row.job.to_json(), str(answers[row.key]), str(result), str(count), result=result
        )
        if "could_not_run" in told:
            not_checked.append(f"{row.group}: the oracle {told['could_not_run']}")
        else:
            found[row.group] = told
    return found, not_checked


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
