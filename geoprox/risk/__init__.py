"""Stage: pairs and rules in, findings and the risk table out."""

from geoprox.risk.findings import make_findings
from geoprox.risk.table import make_table

__all__ = ["make_findings", "make_table"]
