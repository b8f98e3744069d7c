"""One run, in a process of its own: `python -m benchmarks.child JOB RESULT ANSWER`, started by `measure`."""

import json
import signal
import sys
import time
from pathlib import Path

from benchmarks.jobs import CouldNotRun, Figures, Job
from benchmarks.process import ChildrenPeak, cpu_seconds, own_peak_mb

# a busy run of these spreads over processes, whose memory counts
_WITH_CHILDREN = ("dask", "postgis")


def main(told: str, result: str, answer: str) -> None:
    """Run a job, write what it used to ``result`` and, if a file is named, its pairs to ``answer``."""
    job = Job.from_json(told)
    # ended from outside, a runner still undoes what it prepared
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    if not job.compiled:
        # an import of it fails now, as it does where it is not installed
        sys.modules["numba"] = None
    try:
        used = _run(job, Path(answer) if answer else None)
    except CouldNotRun as reason:
        used = {"could_not_run": str(reason)}
    Path(result).write_text(json.dumps(used), encoding="utf-8")


def _run(job: Job, answer: Path | None) -> dict[str, float]:
    # a runner imports its peer when it is called
    from benchmarks.runners import RUNNERS

    with RUNNERS[job.runner](job) as solve:
        watched = ChildrenPeak()
        if job.runner.startswith(_WITH_CHILDREN):
            watched.start()
        cpu, clock = cpu_seconds(), time.perf_counter()
        solved = solve()
        wall = time.perf_counter() - clock
        cpu = cpu_seconds() - cpu
        if job.runner.startswith(_WITH_CHILDREN):
            watched.stop()
    used: dict[str, float] = {"wall_s": wall, "cpu_s": cpu, "peak_mb": own_peak_mb() + watched.mb}
    if isinstance(solved, Figures):
        return used | solved.values
    used["pairs"] = count(solved)
    used["s_per_pair"] = wall / max(1, used["pairs"])
    keep(solved, answer)
    return used


def keep(solved: object, answer: Path | None) -> None:
    """Put pairs where they are compared, or drop them; those in a file already are moved there, or deleted."""
    if isinstance(solved, Path):
        solved.rename(answer) if answer else solved.unlink()
    elif answer:
        solved.to_parquet(answer, index=False)


def count(solved: object) -> int:
    """Return how many pairs there are, of a file without reading them."""
    if not isinstance(solved, Path):
        return len(solved)
    import pyarrow.parquet as pq

    return pq.read_metadata(solved).num_rows


if __name__ == "__main__":
    main(*sys.argv[1:])
