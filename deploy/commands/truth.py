"""`hikitome truth`: how near the model's probabilities are to the simulation's true ones."""

import json

import click
from rich.console import Console
from rich.table import Table

from deploy.truth import compare
from services.scoring.__main__ import open_model
from services.scoring.settings import ScoringSettings
from shared.process.command import read_settings


@click.command(name="truth")
@click.option("--seed", type=int, default=2, show_default=True, help="Another than the model was trained on.")
@click.option("--customers", type=click.IntRange(50), default=1500, show_default=True)
@click.option("--days", type=click.IntRange(120), default=300, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
def command(seed: int, customers: int, days: int, as_json: bool) -> None:
    """Compare the model in HIKITOME_MODEL_FILE with the true hazard of a simulated shop it never saw.

    auc_of_truth is what knowing the true probability would reach; no model can rank better. The errors in
    level are left out where model and truth speak of different horizons.
    """
    artifact = open_model(read_settings(ScoringSettings))
    found = compare(artifact.models, seed, customers, days)
    if as_json:
        click.echo(json.dumps({"model": artifact.version, "seed": seed, **found}))
        return
    names = list(dict.fromkeys(name for row in found.values() for name in row))
    table = Table("", *found, title=f"Model {artifact.version} beside the truth")
    for name in names:
        table.add_row(name, *(f"{row[name]:.4g}" if name in row else "–" for row in found.values()))
    Console().print(table)
