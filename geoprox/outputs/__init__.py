"""Stage: results into files that planners open elsewhere."""

from geoprox.outputs.tables import WRITERS, write_table

__all__ = ["WRITERS", "write_table"]
