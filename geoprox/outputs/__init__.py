"""Stage: results into files that planners open elsewhere."""

from geoprox.outputs.tables import WRITERS, require_writer, write_table

__all__ = ["WRITERS", "require_writer", "write_table"]
