"""Texts in SQL: strings by their beginning or a part, names shown with codes, words of the narrative."""

from __future__ import annotations

import re

from kangshu.kernel.facts.columns import MARK
from kangshu.kernel.facts.search.conditions import Bind, all_of, any_of
from kangshu.kernel.facts.search.query import Displays, Strings, Words


def has_string(bind: Bind, a: str, clause: Strings) -> str:
    """`Strings` on the row `a`."""
    column = f"{a}.strings"
    conditions: list[str] = []
    for value in (value.replace(MARK, " ") for value in clause.any_of):
        if clause.mode == "starts":
            # The name of the parameter stands in every row: the index had to read of all of them for nothing.
            start = f"{column} LIKE {bind(f'%={_like(value)}%')}"
            exact = f"{column} LIKE {bind(f'%{MARK}{_like(clause.name)}={_like(value)}%')}"
            conditions.append(f"({start} AND coalesce({exact}, false))")
        else:
            inside = f"{MARK}{re.escape(clause.name)}=[^{MARK}]*{_regex(value)}"
            conditions.append(f"({column} LIKE {bind(f'%{_like(value)}%')} AND {column} ~ {bind(inside)})")
    return any_of(conditions)


def has_display(bind: Bind, a: str, clause: Displays) -> str:
    """`Displays` on the row `a`."""
    conditions: list[str] = []
    for value in clause.any_of:
        pattern = bind(f"{_like(value)}%")
        for path in clause.paths:
            texts = f"jsonb_path_query({a}.body::jsonb, {bind(path)}::jsonpath)"
            conditions.append(f"EXISTS (SELECT 1 FROM {texts} AS t WHERE lower(t #>> '{{}}') LIKE {pattern})")
    return any_of(conditions)


def has_words(bind: Bind, a: str, clause: Words) -> str:
    """`Words` on the row `a`."""
    text = f"({a}.body::json #>> '{{text,div}}')" if clause.narrative else f"{a}.body"
    options = [
        all_of([f"{text} ILIKE {bind(f'%{_like(word)}%')}" for word in value.split()])
        for value in clause.any_of
    ]
    return any_of([f"({option})" for option in options])


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _regex(text: str) -> str:
    return re.sub(r"([^\w\s])", r"\\\1", text)
