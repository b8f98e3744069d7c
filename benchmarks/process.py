"""What a process and its children used: CPU seconds and peak memory, as Linux tells them under /proc."""

import os
import resource
import sys
import threading
from pathlib import Path

_PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")
_STEP_S = 0.1
_KIB = 1024


def cpu_seconds() -> float:
    """Return user and system seconds of this process and all it started, those that have ended included."""
    if not _linux():
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(u.ru_utime + u.ru_stime for u in used)
    return sum(sum(_stat(pid)[11:15]) for pid in [os.getpid(), *_descendants()]) / _TICK


def own_peak_mb() -> float:
    """Return the most memory that this process has held."""
    if not _linux():
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / _KIB**2 if sys.platform == "darwin" else peak / _KIB
    # not ru_maxrss: a process begins with that of the one which started it
    return _kib(_PROC / "self/status", "VmHWM:") / _KIB


class ChildrenPeak:
    """Watches the processes that this one started between start and stop; ``mb`` is the most they held together.

    What processes share is counted once, as the kernel apportions it (PSS). Nothing is watched where there is no /proc.
    """

    mb = 0.0

    def start(self) -> None:
        """Begin to watch."""
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        if _linux():
            self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        while True:
            held = sum(_kib(_PROC / f"{pid}/smaps_rollup", "Pss:") for pid in _descendants())
            self.mb = max(self.mb, held / _KIB)
            if self._done.wait(_STEP_S):
                return


def _linux() -> bool:
    return (_PROC / "self/smaps_rollup").exists()


def _descendants() -> list[int]:
    parents = {int(p.name): _stat(int(p.name)) for p in _PROC.iterdir() if p.name.isdigit()}
    family, grew = {os.getpid()}, True
    while grew:
        more = {pid for pid, stat in parents.items() if stat[1] in family} - family
        family, grew = family | more, bool(more)
    return sorted(family - {os.getpid()})


def _stat(pid: int) -> list[int]:
    """Return the numbers of /proc/PID/stat from the state on (0 for it); zeros for a process that has ended."""
    try:
        text = (_PROC / f"{pid}/stat").read_text()
    except OSError:
        return [0] * 15
    return [0, *(int(part) for part in text.rpartition(")")[2].split()[1:20])]


def _kib(path: Path, name: str) -> int:
    try:
        lines = path.read_text().splitlines()
    except OSError:  # ended since it was listed
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)
