"""Institutions that no pack lists are called as their register says, by whatever was recorded last."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

from kangshu.app.institutions import Institution, Institutions
from kangshu.app.registered_names import RegisteredNames
from kangshu.kernel.lake.store import Lake

table: Any = pa.table  # pyright: ignore[reportUnknownMemberType]


def landed(*rows: tuple[str, str | None, int]) -> Any:
    codes, names, days = zip(*rows, strict=True)
    times = [datetime(2026, 1, day) for day in days]  # noqa: DTZ001 - as the lake holds them
    sources = ["centre"] * len(rows)
    return table(
        {"fixmedins_code": codes, "org_name": names, "_recorded_at": times, "_source": sources},
    )


def test_a_pack_comes_first_then_the_register_then_the_code(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), tmp_path)
    listed = [Institution("H1", "人民医院", "3", "440983")]
    institutions = Institutions(listed, RegisteredNames(lake))
    assert [institutions.naming()(code) for code in ("H1", "H2")] == ["人民医院", "H2"]
    lake.append("institution", landed(("H1", "另名", 1), ("H2", "旧名卫生站", 1), ("H3", None, 1)))
    assert [institutions.naming()(code) for code in ("H1", "H2", "H3")] == ["人民医院", "旧名卫生站", "H3"]
    lake.append("institution", landed(("H2", "新名卫生站", 2)))
    assert institutions.naming()("H2") == "新名卫生站"
