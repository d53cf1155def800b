"""The lens: which rows of facts and of landed tables are seen, as conditions on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kangshu.kernel.lake.engine import literal, quoted
from kangshu.kernel.lake.store import COUNTY, SOURCE
from kangshu.kernel.policies.definition import Scope


@dataclass(frozen=True, slots=True)
class Lens:
    """Which rows are seen: those a scope lets through, as known at a time, from a county; None: any."""

    scope: Scope = field(default_factory=lambda: Scope(everything=True))
    as_of: datetime | None = None
    county: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether everything, of the county if there is one, is seen as it is now."""
        return self.scope.everything and self.scope.types is None and self.as_of is None

    def on_facts(self, type_: str, prefix: str = "") -> str:
        """The condition on versions of facts of a type, or on rows made of them."""
        parts = [within(type_, self.scope, prefix), self.known(f"{prefix}recorded")]
        parts += [f"{prefix}county = {literal(self.county)}"] if self.county else []
        return " AND ".join(parts)

    def known(self, column: str) -> str:
        """The condition that something had been recorded by the time."""
        if self.as_of is None:
            return "true"
        # In milliseconds: as fine as `meta.lastUpdated` tells it, which is what people ask with.
        moment = literal(f"{self.as_of:%Y-%m-%d %H:%M:%S.%f}")
        return f"date_trunc('milliseconds', {column}) <= TIMESTAMP {moment}"

    def on_rows(self) -> str:
        """The condition on rows of landed tables, which grants of single types or persons do not reach."""
        scope = self.scope
        county = f" AND {COUNTY} = {literal(self.county)}" if self.county else ""
        if scope.everything and scope.types is None:
            return f"true{county}"
        if scope.types is not None:
            return "false"
        parts = [
            f"{column} IN ({', '.join(literal(each) for each in sorted(values))})"
            for column, values in ((SOURCE, scope.orgs), (COUNTY, scope.counties))
            if values
        ]
        return f"({' OR '.join(parts)}){county}" if parts else "false"


def current_facts(type_: str, name: str, lens: Lens) -> str:
    """A query for the facts of a type that a lens lets through, of versions offered under a name."""
    return (
        f"SELECT * FROM (SELECT * FROM {name} WHERE NOT deleted AND {lens.on_facts(type_)}) AS r"
        f" ANTI JOIN {later(name, lens)} ON l.id = r.id AND l.version > r.version"
    )


def later(versions: str, lens: Lens) -> str:
    """Versions that came in the place of others: few, so that looking up is cheaper than sorting all."""
    known = lens.known("recorded")
    return f"(SELECT id, version FROM {quoted(versions)} WHERE version > 1 AND {known}) AS l"


def within(type_: str, scope: Scope, prefix: str = "") -> str:
    """`Scope.lets_through` as a condition on rows of a type; `prefix`: of the names of their columns."""
    if type_ in scope.open_types:
        return "true"
    if scope.types is not None and type_ not in scope.types:
        return "false"
    if scope.everything:
        return "true"
    parts = [
        f"{prefix}{column} IN ({', '.join(literal(each) for each in sorted(values))})"
        for column, values in (("org", scope.orgs), ("county", scope.counties))
        if values
    ]
    if scope.persons:
        parts.append(f"{prefix}person IN ({', '.join(str(each) for each in sorted(scope.persons))})")
    return f"({' OR '.join(parts)})" if parts else "false"
