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
from kangshu.kernel.base.errors import Conflict, Invalid, KangshuError, NotFound
from kangshu.kernel.policies.definition import Grant, Principal, Resource

out = Console()
err = Console(stderr=True)

DONE, WITH_PROBLEMS, WRONG_CALL = 0, 1, 2
_WRONG = (Invalid, NotFound, Conflict)
"""Errors after which nothing was done, because of how, on what or over what the command was called."""


@contextmanager
def errors_told() -> Generator[None]:
    """Tell an error in a line or two and leave with its exit code; one of no known kind is a bug."""
    try:
        yield
    except KangshuError as error:
        fail(error)
    except OSError as error:
        say(f"{error.filename or 'A file'}: {error.strerror or 'cannot be used'}.")
        raise typer.Exit(WRONG_CALL) from None
    except KeyboardInterrupt:
        say("Interrupted. What was finished is stored.")
        raise typer.Exit(WITH_PROBLEMS) from None


def fail(error: KangshuError) -> NoReturn:
    """Say what is wrong and what to do, and leave."""
    say(f"{error.code}: {error.message}")
    for problem in getattr(error, "problems", ()):
        say(f"  {problem.path or '-'}: {problem.message}")
    if error.remedy:
        say(error.remedy)
    raise typer.Exit(WRONG_CALL if isinstance(error, _WRONG) else WITH_PROBLEMS)


def tell_refused(platform: Platform) -> None:
    """Name the places that are left out, with everything that is wrong with them."""
    for name, error in platform.planning.refused.items():
        say(f"The pack {name} is left out, and nothing of it is counted. {error.message}")
        for problem in error.problems:
            say(f"  {problem.path or '-'}: {problem.message}")
        say(f"Correct it, check it by `kangshu pack check {name}`, and start again.")


def say(line: str) -> None:
    """One line on standard error, whole however narrow the terminal; nothing in it is taken for markup."""
    err.print(line, highlight=False, markup=False, soft_wrap=True)


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
