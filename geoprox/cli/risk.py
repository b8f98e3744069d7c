"""`geoprox risk`: the risk table."""

import typer
from rich.console import Console
from rich.table import Table

import geoprox as gp
from geoprox.cli.options import LAYERS, POLICY, AsOfOption, LayersOption, OutOption, PolicyOption

# what fits a terminal, and what it is called there; a file holds every column
_SHOWN = {
    "name_en": "subject",
    "risk_class": "class",
    "risk_score": "score",
    "within_count": "within",
    "possible_count": "possible",
    "unknown_count": "unknown",
}


def risk(
    *, layers: LayersOption = LAYERS, policy: PolicyOption = POLICY, as_of: AsOfOption = None, out: OutOption = None
) -> None:
    """Apply the policy to the layers' subjects; print the table, or write it whole to a file."""
    if out:
        gp.require_writer(out)
    assessment = gp.assess(gp.read_layers(layers), gp.read_policy(policy), as_of=as_of)
    if out:
        typer.echo(
            f"{len(assessment.table)} subjects, {len(assessment.findings)} findings: {gp.write_table(assessment, out)}"
        )
    else:
        table = Table(
            *_SHOWN.values(),
            title=f"{assessment.policy.title_en} {assessment.policy.version}, as of {assessment.as_of}",
        )
        for row in assessment.table[list(_SHOWN)].astype(str).itertuples(index=False):
            table.add_row(*row)
        Console().print(table, markup=False)
    if len(assessment.issues):
        typer.echo(
            f"{len(assessment.issues)} faults in the data; `geoprox layers check` tells those of the layers", err=True
        )
        for fault in assessment.issues[assessment.issues["layer"].isin(["policy", "catalog"])]["message"]:
            typer.echo(str(fault), err=True)
    unread = assessment.coverage[assessment.coverage["state"] != "read"]
    for row in unread.itertuples():
        typer.echo(f"not judged: layer {row.layer} is {row.state}: {row.message}", err=True)
