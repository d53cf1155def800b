"""`kangshu audit`: is the access log still what was written?"""

from __future__ import annotations

from typing import Annotated

import typer

from kangshu.interfaces.cli.console import WITH_PROBLEMS, err, out, platform
from kangshu.kernel.policies.access_log import parse_head

app = typer.Typer(no_args_is_help=True, help="The access log.\n\nExample: kangshu audit verify")


@app.callback()
def _group() -> None:
    """The access log."""


@app.command()
def verify(
    head: Annotated[
        str | None, typer.Option(help="A head printed earlier: is the log up to there still the same?")
    ] = None,
) -> None:
    """Check the chain of the access log: was any entry changed, removed or slipped in?

    Prints its head, NUMBER:HASH. The server writes heads into the file access-log-heads of KANGSHU_HOME,
    and the log is checked against them: was it cut off, or written anew? Whoever may change that file too
    is found out by heads that lie elsewhere: --head.

    Example: kangshu audit verify
    """
    with platform() as built:
        verdict = built.verify_access_log(*([parse_head(head)] if head else []))
    if verdict.problems:
        for problem in verdict.problems:
            err.print(f"{problem.path}: {problem.message}", highlight=False)
        raise typer.Exit(WITH_PROBLEMS)
    out.print(f"{verdict.head.number} entries, unbroken. Head:", highlight=False)
    out.print(str(verdict.head), highlight=False, soft_wrap=True)
