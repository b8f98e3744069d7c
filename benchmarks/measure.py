"""Starts runs, each in a fresh process, one after the other; rounds of them, so that a slow hour strikes all alike."""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from benchmarks.jobs import Job

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 3600
# a run as long as this has little noise in it, and is not repeated
LONG_S = 60


@dataclass(slots=True)
class Measured:
    """What the rounds of one run gave: figures of each, or the reason why there are none."""

    rounds: list[dict[str, float]] = field(default_factory=list)
    could_not_run: str = ""
    failed: bool = False

    def median(self, name: str) -> float:
        """Return the median of a figure over the rounds; NaN where it was not measured."""
        values = [figures[name] for figures in self.rounds if name in figures]
        return statistics.median(values) if values else float("nan")


def run(
    jobs: dict[str, Job],
    *,
    repeat: int,
    answers: dict[str, Path],
    requires: dict[str, Sequence[str]],
    say: Callable[[str], None],
) -> dict[str, Measured]:
    """Run every job ``repeat`` times; the first round keeps the answers that have a place in ``answers``."""
    measured = {key: Measured(could_not_run=_lacking(job, requires)) for key, job in jobs.items()}
    for count in range(repeat):
        for key, job in jobs.items():
            so_far = measured[key]
            if so_far.could_not_run or (count and so_far.median("wall_s") > LONG_S):
                continue
            told = one(job, answers.get(key) if count == 0 else None)
            if "could_not_run" in told:
                so_far.could_not_run, so_far.failed = str(told["could_not_run"]), bool(told.get("failed"))
            else:
                so_far.rounds.append(told)
            say(f"{count + 1}/{repeat}  {key}: " + (so_far.could_not_run or f"{told['wall_s']:.3g} s"))
    return measured


def one(job: Job, answer: Path | None) -> dict[str, object]:
    """Run a job in a process of its own; return its figures, or the reason why there are none."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        result = Path(folder) / "result.json"
        return start("benchmarks.child", job.to_json(), str(result), str(answer or ""), result=result)


def start(module: str, *arguments: str, result: Path) -> dict[str, object]:
    """Run a module of the benchmarks with arguments; return what it wrote to ``result``, or what went wrong."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _, errors = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        return _failed(f"was stopped after {PATIENCE_S} s")
    finally:
        # asked rather than killed: a server that it started is stopped too
        if process.poll() is None:
            process.terminate()
            process.wait()
    if process.returncode or not result.exists():
        last = errors.strip().splitlines()[-1:] or [f"ended with {process.returncode}"]
        return _failed(last[0])
    return json.loads(result.read_text(encoding="utf-8"))


def _failed(reason: str) -> dict[str, object]:
    return {"could_not_run": f"failed: {reason}", "failed": True}


def _lacking(job: Job, requires: dict[str, Sequence[str]]) -> str:
    missing = [module for module in requires.get(job.runner, ()) if find_spec(module) is None]
    return f"not installed: {', '.join(missing)} (make bench installs them)" if missing else ""
