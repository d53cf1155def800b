"""Tell PostgreSQL which rows a transaction may see (see schema/row_security.sql)."""

from __future__ import annotations

import orjson
from psycopg import Connection
from psycopg.rows import TupleRow

from kangshu.kernel.policies.definition import Scope

READER = "kangshu_reader"


def hides_nothing(scope: Scope) -> bool:
    """Whether every fact is in the scope, so that there is nothing to tell."""
    return scope.everything and scope.types is None


def enter(connection: Connection[TupleRow], scope: Scope) -> None:
    """Until the transaction ends, let its statements see only the facts of `scope`, and change nothing.

    A scope of everything hides no fact, so the role is not taken and plans stay as they are without it.
    """
    if hides_nothing(scope):
        return
    connection.execute(
        "SELECT set_config('role', %s, true), set_config('kangshu.scope', %s, true)",
        (READER, scope_setting(scope)),
    )


def scope_setting(scope: Scope) -> str:
    """The scope as the setting `kangshu.scope` has it: JSON."""
    return orjson.dumps(
        {
            "everything": scope.everything,
            "counties": sorted(scope.counties),
            "orgs": sorted(scope.orgs),
            "persons": sorted(scope.persons),
            "narrowed": scope.types is not None,
            "types": sorted(scope.types or ()),
            "open_types": sorted(scope.open_types),
        }
    ).decode()
