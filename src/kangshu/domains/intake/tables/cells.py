"""What a cell says, as SQL: what programs put around it taken away, and read as the type of its column.

Times are those of the clock on the wall in China; one with an offset, or of a column that knows its zone,
is brought to that clock first. A date or time lies between the years 1800 and 9999: what is further away,
has a year of two digits or is a word (`infinity`) is none.
"""

from __future__ import annotations

from dataclasses import dataclass

from kangshu.domains.intake.tables.raw import DAMAGED
from kangshu.kernel.lake.engine import literal
from kangshu.kernel.lake.model import Column

ZONE = "Asia/Shanghai"
NOTHING = ("", "NULL", "null", "\\N")
"""How files say that a cell has no value."""

_BLANKS = literal(" \t\n\r\u00a0\u3000\ufeff")
_EXACT = 10**15
"""From here on a double no longer holds every integer."""
_POWER = r"[0-9](\.[0-9]+)?[Ee]\+(1[1-9]|[2-9][0-9])"
"""A long number as spreadsheets show it: the digits behind are gone."""

_NUMERIC = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "DECIMAL",
    "DOUBLE",
    "FLOAT",
)
_TEMPORAL = ("DATE", "TIMESTAMP")

_YMD = r"\d{4}([/.]\d{1,2}[/.]\d{1,2}|年\d{1,2}月\d{1,2}日)"
_HMS = r"\d{1,2}(:\d{1,2}(:\d{1,2}(\.\d+)?)?|时\d{1,2}分(\d{1,2}秒)?)"
_DATE = rf"\d{{8}}|{_YMD}"
_TIME = rf"\d{{8}}|\d{{12}}|\d{{14}}|\d{{8}} \d\d:\d\d:\d\d|{_YMD}( ?{_HMS})?"
_DAYS = ("%Y%m%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")
_CLOCKS = (
    " %H:%M:%S",
    " %H:%M",
    "%H:%M:%S",
    "%H:%M",
    " %H:%M:%S.%f",
    "%H时%M分",
    " %H时%M分",
    "%H时%M分%S秒",
    " %H时%M分%S秒",
)
_DATE_FORMS = f"[{', '.join(map(literal, _DAYS))}]"
_TIMES = ", ".join(
    map(literal, ["%Y%m%d%H%M%S", "%Y%m%d%H%M", *_DAYS, *(day + clock for clock in _CLOCKS for day in _DAYS)])
)
_TIME_FORMS = f"[{_TIMES}]"
_OFFSET = r":[0-9.]+ *(Z|[A-Za-z]+(/[A-Za-z_]+)?|[+-][0-9:]+)"


def is_nested(type_: str) -> bool:
    """Whether a column of that type holds more than one value a row."""
    return type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "UNION"))


@dataclass(frozen=True, slots=True)
class Source:
    """Where a column is read from: SQL for the cell, and the DuckDB type that has."""

    cell: str
    type: str


def source(column: Column, cell: str, type_: str) -> Source:
    """The cell as it is best read for a column: in its own type if that is of the same kind, else as text."""
    numeric = column.type in ("number", "integer") and type_.startswith(_NUMERIC)
    temporal = column.type in ("date", "datetime") and type_.startswith(_TEMPORAL)
    return Source(cell, type_) if numeric or temporal else Source(_text(cell, type_), "VARCHAR")


def _text(cell: str, type_: str) -> str:
    """A whole number has no point, whatever its type; a number too long for its type has lost digits."""
    if type_ == "VARCHAR":
        return _said(cell)
    if type_ == "BLOB":
        return _said(
            f"coalesce(TRY(decode({cell})), CASE WHEN {cell} IS NOT NULL THEN {literal(DAMAGED)} END)"
        )
    if type_ == "BOOLEAN":
        return f"CAST(CAST({cell} AS INTEGER) AS VARCHAR)"
    if type_ == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(timezone('{ZONE}', {cell}) AS VARCHAR)"
    plain = f"CAST({cell} AS VARCHAR)"
    if type_ not in ("DOUBLE", "FLOAT") and not type_.startswith("DECIMAL"):
        return plain
    whole = f"WHEN {cell} = trunc({cell}) THEN CAST(CAST({cell} AS HUGEINT) AS VARCHAR) ELSE {plain} END"
    if type_.startswith("DECIMAL"):
        return f"CASE {whole}"
    return f"CASE WHEN isnan({cell}) THEN NULL WHEN abs({cell}) >= {_EXACT} THEN {literal(DAMAGED)} {whole}"


def _said(cell: str) -> str:
    """No blanks around it, no mark that keeps a spreadsheet from reckoning with it (`'007`, `="007"`)."""
    text = f"trim({cell}, {_BLANKS})"
    nothing = ", ".join(map(literal, NOTHING))
    return (
        f"CASE WHEN {text} IN ({nothing}) THEN NULL"
        f" WHEN starts_with({text}, '''') THEN regexp_replace({text}, '^''([0-9A-Za-z]+)$', '\\1')"
        f" WHEN starts_with({text}, '=\"') THEN regexp_replace({text}, '^=\"([^\"]*)\"$', '\\1')"
        f" ELSE {text} END"
    )


def is_damaged(cell: str) -> str:
    """A condition on a text: bytes of it were lost, or the digits behind the power of ten."""
    power = (
        f"(contains({cell}, 'E+') OR contains({cell}, 'e+')) AND regexp_full_match({cell}, {literal(_POWER)})"
    )
    return f"(contains({cell}, {literal(DAMAGED)}) OR ({power}))"


def cast(column: Column, cell: str, type_: str) -> str:
    """SQL that reads a cell as the type of its column; NULL where it cannot be read."""
    if column.type in ("text", "code"):
        return cell
    if column.type in ("number", "integer"):
        return _number(column, cell, type_)
    moment = f"timezone('{ZONE}', {cell})" if type_ == "TIMESTAMP WITH TIME ZONE" else cell
    if type_ == "VARCHAR":
        moment = _moment(cell)
    if column.type == "datetime":
        moment = f"CAST({moment} AS TIMESTAMP)"
        return f"CASE WHEN {_in_range(moment)} THEN {moment} END"
    day = f"CAST({moment} AS DATE)"
    if type_ == "VARCHAR":
        forms = f"try_strptime({cell}, {_DATE_FORMS})"
        read = f"CASE WHEN regexp_full_match({cell}, {literal(_DATE)}) THEN {forms} END"
        day = f"coalesce({day}, CAST({read} AS DATE))"
    return f"CASE WHEN {_in_range(day)} THEN {day} END"


def _number(column: Column, cell: str, type_: str) -> str:
    read = f"TRY_CAST({cell} AS DECIMAL(18,4))"
    # DuckDB takes 1_000 for a number.
    odd = f"contains({cell}, '_')" if type_ == "VARCHAR" else "false"
    if column.type == "number":
        return f"CASE WHEN NOT {odd} THEN {read} END"
    return f"CASE WHEN NOT {odd} AND {read} % 1 = 0 THEN TRY_CAST({cell} AS BIGINT) END"


def _moment(text: str) -> str:
    forms = f"try_strptime({text}, {_TIME_FORMS})"
    other = f"CASE WHEN regexp_full_match({text}, {literal(_TIME)}) THEN {forms} END"
    zoned = f"strlen({text}) > 16 AND regexp_matches({text}, {literal(f'{_OFFSET}$')})"
    return (
        f"CASE WHEN {text} < '0' OR {text} > ':' THEN NULL WHEN {zoned}"
        f" THEN timezone('{ZONE}', TRY_CAST({text} AS TIMESTAMPTZ))"
        f" ELSE coalesce(TRY_CAST({text} AS TIMESTAMP), {other}) END"
    )


def _in_range(moment: str) -> str:
    return f"{moment} >= TIMESTAMP '1800-01-01' AND {moment} < TIMESTAMP '9999-12-31 23:59:59'"
