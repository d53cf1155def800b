"""What is wrong with a code or a value set: issues, and how their words are put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.codes.issue_kinds import KINDS


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding. `at` is the element or parameter it is about, "" for none."""

    message_id: str
    severity: str
    code: str
    tx: str
    text: str
    at: str = ""
    is_told: bool = True


class CodesRefused(Invalid):
    """A question about codes that cannot be answered at all, with the issues that say why."""

    def __init__(self, *issues: Issue) -> None:
        super().__init__(message_of(issues), code=issues[0].code)
        self.issues = issues


def issue(kind: str, at: str = "", *, severity: str = "", **words: str) -> Issue:
    """An issue of a kind of the table. Values come from what was asked, which holds codes and names only."""
    found = KINDS[kind]
    return Issue(
        found.message_id or kind,
        severity or found.severity,
        found.code,
        found.tx,
        found.text.format(**words),
        at,
        found.is_told,
    )


def message_of(issues: Iterable[Issue]) -> str:
    """The message of an answer: what is to be told, each once, in alphabetical order."""
    return "; ".join(sorted({each.text for each in issues if each.is_told}))


def one_of(versions: Iterable[str]) -> str:
    """`a, b or c`."""
    *most, last = sorted(versions)
    return f"{', '.join(most)} or {last}" if most else last
