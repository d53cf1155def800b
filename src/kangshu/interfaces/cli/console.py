"""How the command line talks: results on standard output, everything else on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kangshu.app.platform import Platform
from kangshu.app.settings import read_settings
from kangshu.app.wiring import build
from kangshu.kernel.base.errors import Invalid, KangshuError
from kangshu.kernel.policies.definition import Grant, Principal, Resource

out = Console()
err = Console(stderr=True)

DONE, WITH_PROBLEMS, WRONG_CALL = 0, 1, 2


@contextmanager
def errors_told() -> Generator[None]:
    """Tell a Kangshu error in a line or two and leave with its exit code; anything else is a bug."""
    try:
        yield
    except KangshuError as error:
        fail(error)


def fail(error: KangshuError) -> NoReturn:
    """Say what is wrong and what to do, and leave."""
    err.print(f"[red]{error.code}[/red]: {error.message}", highlight=False)
    for problem in getattr(error, "problems", ()):
        err.print(f"  {problem.path or '-'}: {problem.message}", highlight=False)
    if error.remedy:
        err.print(error.remedy, highlight=False)
    raise typer.Exit(WRONG_CALL if isinstance(error, Invalid) or error.code == "not-found" else WITH_PROBLEMS)


@contextmanager
def platform() -> Generator[Platform]:
    """The platform of the environment's settings, closed afterwards; errors are told."""
    with errors_told(), build(read_settings()).closing() as built:
        yield built


def operator_grant(platform: Platform, action: str, kind: str = "operations") -> Grant:
    """The grant of whoever may start programs here: that of the operator, who sees no clinical data."""
    principal = Principal("command-line", "command line", "operator")
    return platform.policies.decide(principal, action, Resource(kind), "operations")


@contextmanager
def progress_bar(title: str) -> Generator[Callable[[int, int], None]]:
    """A bar on standard error; nothing where that is not a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
