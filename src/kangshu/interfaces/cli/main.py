"""The command line. Exit codes: 0 done, 1 done with problems, 2 wrong call.

A command's module is imported when the command is asked for: a worker process that loading starts imports
this module too, and needs neither the web server nor the readers of tables.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "serve": "serve:command",
    "demo": "demo:command",
    "demo-city": "demo_city:command",
    "load": "load:command",
    "mllp": "mllp:command",
    "simulate": "simulate:command",
    "land": "land:command",
    "token": "token:command",
    "migrate": "schema:command",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "quarantine": "quarantine:app",
    "quality": "quality:app",
    "person": "person:app",
    "user": "user:app",
    "audit": "audit:app",
    "codes": "codes:app",
    "lake": "lake:app",
    "view": "view:app",
    "indicator": "indicator:app",
    "plan": "plan:app",
    "performance": "performance:performance",
    "fairness": "fairness:fairness",
    "index": "index:index",
    "map": "map:app",
    "pack": "pack:app",
}
"""Command -> module of this package, and in it the function of the command or the group of its commands."""


class _Commands(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # Their names are what a misspelt one is compared with.
        self.commands = COMMANDS

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as it is called
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        return _command(cmd_name) if cmd_name in COMMANDS else None


def _command(name: str) -> Any:
    module, _, member = COMMANDS[name].partition(":")
    found: Any = getattr(import_module(f"kangshu.interfaces.cli.{module}"), member)
    holder = typer.Typer()
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=name)
    else:
        holder.command(name)(found)
    return typer.main.get_group(holder).commands[name]


app = typer.Typer(
    name="kangshu",
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="康枢 Kangshu, the population-health platform of a city and its counties.\n\nExample: kangshu demo",
)


@app.callback()
def _kangshu() -> None:
    """A group needs a callback when it has no commands of its own."""


if __name__ == "__main__":
    app()
