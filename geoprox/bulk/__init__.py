"""Stage: what is near what, for files that do not fit into memory; in one process or on a Dask cluster."""

from geoprox.bulk.cluster import connect
from geoprox.bulk.run import Limits, near_many
from geoprox.bulk.tally import Count, Tally

__all__ = ["Count", "Limits", "Tally", "connect", "near_many"]
