"""Refusals: a file, or a table in it, that cannot be read at all, with the place named."""

from __future__ import annotations

from kangshu.kernel.base.errors import Invalid, Problem


def refusal(place: str, message: str, remedy: str, *, code: str = "structure") -> Invalid:
    """An error about one place of a delivery: `place` is the file, sheet, line or cell."""
    problem = Problem("error", code, place, f"{message} {remedy}")
    return Invalid(f"{place}: {message}", remedy=remedy, code=code, problems=(problem,))


def missing_columns(place: str, missing: list[str], hint: str = "") -> Invalid:
    """A table without columns it promises: all of them at once. `missing` names columns, not values."""
    words = ["The column is promised and not there."] * len(missing)
    words[0] = f"{words[0]} {hint}".strip()
    problems = tuple(
        Problem("error", "required", f"{place}.{name}", each)
        for name, each in zip(missing, words, strict=True)
    )
    remedy = hint or "Add the columns to the file, or tell the feed what they are called there."
    return Invalid(
        f"{place} lacks {len(missing)} promised columns: {', '.join(missing)}.",
        remedy=remedy,
        code="required",
        problems=problems,
    )
