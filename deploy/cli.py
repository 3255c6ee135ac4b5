"""The command line: `hikitome`."""

import importlib

import click

# Imported only when asked for: `--help` should not wait for scikit-learn.
COMMANDS = {
    "demo": "Run everything with a simulated shop, and watch alerts arrive.",
    "up": "Run everything on this machine, without a simulation.",
    "migrate": "Bring the database up to date.",
    "topics": "Make the topics on the brokers.",
    "dead-letters": "Show what could not be read, and put it back once it can be.",
    "simulate": "Write a simulated shop's history to a file.",
    "train": "Train a model from a history.",
    "backtest": "Judge the model by the past, beside simpler rules.",
    "explain": "Say why customers are scored as they are, fact by fact.",
    "simulate-threshold": "Show what other thresholds would have meant last month.",
    "scenarios": "Check, preview and rehearse scenarios, and bring them in and out as files.",
    "truth": "Compare the model with the true hazard of a simulated shop.",
}


def _module(command: str) -> str:
    return f"deploy.commands.{command.replace('-', '_')}"


class Commands(click.Group):
    """Knows every command's name and summary without importing it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(_module(cmd_name)).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Each command says more: hikitome COMMAND --help. Start with: hikitome demo",
)
@click.version_option(package_name="hikitome", prog_name="hikitome")
def main() -> None:
    """Hikitome (引き留め) tells a subscription shop which customer is about to leave, why, and what to do
    before the next parcel ships.
    """
