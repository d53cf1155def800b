"""The rows of an assessment as a table, and how many of each category have a value as a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from kangshu.domains.planning.assessment import Assessed
from kangshu.interfaces.web.portal.drawing import BAR, Drawing, drawing, template
from kangshu.interfaces.web.portal.evaluated import Table, table
from kangshu.interfaces.web.portal.words import Words

STATES = ("told", "computed", "entered", "national")
"""With a value; without one, by where it would be from."""


def value_of(each: Assessed) -> Decimal | None:
    """What is known: counted, or else entered."""
    if each.now is not None and each.now.value is not None:
        return each.now.value
    return each.entry.value if each.entry is not None else None


def change_of(each: Assessed) -> Decimal | None:
    """What was counted beside the year before."""
    if each.now is None or each.before is None or each.now.value is None or each.before.value is None:
        return None
    return each.now.value - each.before.value


def by_category(found: Sequence[Assessed]) -> Mapping[str, list[Assessed]]:
    """The rows of each category, in the order of the document."""
    groups: dict[str, list[Assessed]] = {}
    for each in found:
        groups.setdefault(each.row.category, []).append(each)
    return groups


def known_drawing(found: Sequence[Assessed], words: Words) -> Drawing:
    """A bar for each category: of how many rows there is a value, and from where those that lack one come."""
    spec = template("performance")
    titles = [words.say(f"performance.state_{state}") for state in STATES]
    rows: list[list[str]] = []
    for category, them in by_category(found).items():
        states = [_state(each) for each in them]
        counts = [states.count(state) for state in STATES]
        rows.append([category, *(str(count) for count in counts)])
        spec["data"]["values"] += [
            {
                "category": category,
                "state": title,
                "count": count,
                "order": order,
                "said": f"{category} {title} {count}",
            }
            for order, (title, count) in enumerate(zip(titles, counts, strict=True))
            if count
        ]
    spec["encoding"]["color"]["scale"]["domain"], spec["height"] = titles, BAR * len(rows)
    spec["encoding"]["x"]["axis"]["title"] = words.say("performance.rows")
    columns = [words.say("performance.category"), *titles]
    return drawing("known", words.say("performance.known"), spec, columns, rows)


def rows_table(found: Sequence[Assessed], words: Words) -> Table:
    """Every row with its value, that of the year before, and where it is from."""
    keys = ("no", "category", "row", "value", "unit", "before", "numerator", "denominator")
    columns = [words.say(f"performance.{key}") for key in keys]
    columns += [words.say("performance.direction"), words.say("performance.from"), words.say("plan.basis")]
    return table("rows", columns, (_line(each, words) for each in found))


def _line(each: Assessed, words: Words) -> list[str]:
    row, indicator, now, before = each.row, each.indicator, each.now, each.before
    value = value_of(each)
    hidden = now is not None and bool(now.hidden)
    told = words.say("performance.hidden") if hidden else "" if value is None else f"{value:f}"
    counted = now is not None and not hidden and now.value is not None
    numbers = (now.numerator, now.denominator) if now is not None and counted else (None, None)
    came = f"{each.entry.source}；{each.entry.evidence}" if each.entry and not counted else ""
    return [
        row.no,
        row.category,
        row.named if words.language == "zh" else indicator.title_en,
        told,
        indicator.unit,
        "" if before is None or before.value is None else f"{before.value:f}",
        *("" if number is None else f"{number.normalize():f}" for number in numbers),
        words.say(f"performance.{row.direction}"),
        came or words.say(f"performance.status_{row.status}" if told else f"performance.state_{row.status}"),
        indicator.basis,
    ]


def _state(each: Assessed) -> str:
    hidden = each.now is not None and each.now.hidden
    return "told" if hidden or value_of(each) is not None else each.row.status
