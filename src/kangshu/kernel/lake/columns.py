"""What the types of a model are in SQL."""

from __future__ import annotations

from collections.abc import Mapping

SQL_TYPES: Mapping[str, str] = {
    "text": "VARCHAR",
    "code": "VARCHAR",
    "integer": "BIGINT",
    "number": "DECIMAL(18,4)",
    "date": "DATE",
    "datetime": "TIMESTAMP",
}
