"""Parts judged by the workers of a Dask cluster."""

from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from geoprox.bulk.judge import Ask, Judged, judge
from geoprox.bulk.packages import load
from geoprox.bulk.parts import Part, Side, Source
from geoprox.bulk.sites import Sites
from geoprox.errors import RunError

if TYPE_CHECKING:
    from distributed import Client

_TRIES = 3  # how often what all workers lost is sent anew
_AHEAD = 2  # parts on their way for each thread: the next one is there when one is done


@contextmanager
def connect(address: str) -> "Iterator[Client]":
    """Give a client of the Dask scheduler at an address such as ``tcp://10.0.0.5:8786``.

    Raises
    ------
    InstallationError
        ``distributed`` is not installed.
    RunError
        No scheduler answers there.
    """
    distributed = load("distributed")
    try:
        client = distributed.Client(address)
    except (OSError, ValueError) as error:
        message = (
            f"no Dask scheduler answers at {address} ({error}); start one with `dask scheduler`, or check the address"
        )
        raise RunError(message) from error
    with client:
        yield client


def judged_by(
    client: "Client", left: Side, parts: Sequence[Part], sites: Sites, ask: Ask
) -> Iterator[tuple[Part, Judged]]:
    """Judge parts on a cluster; they come as they are ready.

    Sites are sent to every worker once. A part whose worker was lost goes to another one; where sites were lost
    with all workers that had them, they are sent again.

    Raises
    ------
    RunError
        The cluster has no workers, or loses them again and again.
    """
    open_parts = {part.number: part for part in parts}
    for _ in range(_TRIES):
        try:
            for part, judged in _once(client, left, list(open_parts.values()), sites, ask):
                del open_parts[part.number]
                yield part, judged
        except CancelledError:
            continue
        return
    message = (
        "the cluster lost all of its workers again and again; look at their logs, then run the same command to go on"
    )
    raise RunError(message)


def _once(client: "Client", left: Side, parts: Sequence[Part], sites: Sites, ask: Ask) -> Iterator[tuple[Part, Judged]]:
    distributed = load("distributed")
    try:
        # a cluster may be starting its workers, or starting them again
        client.wait_for_workers(1, timeout=load("dask").config.get("distributed.comm.timeouts.connect"))
    except TimeoutError as error:
        message = "the cluster has no workers; start some with `dask worker ADDRESS`"
        raise RunError(message) from error
    threads = sum(client.nthreads().values())
    shared = client.scatter(sites, broadcast=True, hash=False)
    rest, keys = iter(parts), {}

    def send(part: Part) -> object:
        future = client.submit(_work, left.sources[part.source], part, shared, ask, pure=False)
        keys[future.key] = part
        return future

    running = distributed.as_completed([send(part) for part in islice(rest, _AHEAD * threads)])
    try:
        for future in running:
            judged = future.result()
            for part in islice(rest, 1):
                running.add(send(part))
            yield keys.pop(future.key), judged
    except distributed.KilledWorker as error:
        message = f"workers died on the same part again and again ({error}); give them more memory, or lower part_rows"
        raise RunError(message) from error
    finally:
        # on the way out by an error, what is still running is of no use
        client.cancel(list(running.futures) if hasattr(running, "futures") else [])


def _work(source: Source, part: Part, sites: Sites, ask: Ask) -> Judged:
    """Read and judge one part: what a worker does."""
    ((_, table),) = source.read([part])
    return judge(part, table, sites, ask)
