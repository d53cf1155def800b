"""`kangshu audit`: is the access log still what was written?"""

from __future__ import annotations

import typer

from kangshu.interfaces.cli.console import WITH_PROBLEMS, err, out, platform

app = typer.Typer(no_args_is_help=True, help="The access log.")


@app.callback()
def _group() -> None:
    """The access log."""


@app.command()
def verify() -> None:
    """Check the chain of the access log: was any entry changed, removed or slipped in?

    Example: kangshu audit verify
    """
    with platform() as built:
        verdict = built.access_log.verify()
    if verdict.problems:
        for problem in verdict.problems:
            err.print(f"{problem.path}: {problem.message}", highlight=False)
        raise typer.Exit(WITH_PROBLEMS)
    out.print(f"{verdict.head.number} entries, unbroken. Head: {verdict.head.hash.hex()}", highlight=False)
