"""The notebooks of the documents run as they stand, and print what they say.

With KANGSHU_TEST_WRITE=1 what they print is written into them instead: look at the difference then.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kangshu.app.analysis import open_installation
from kangshu.app.identity_provider.client_token import issue_client_token
from kangshu.kernel.base.errors import Invalid, Refused
from kangshu.kernel.base.time import utc_now
from kangshu.kernel.policies.definition import Principal
from tests.conftest import EVERYTHING, platform_on
from tests.support.databases import Databases
from tests.support.demo_county import fill

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.md"))
_CELL = re.compile(r"```python\n(?P<code>.*?)```\n(?:\n```text\n(?P<said>.*?)```\n)?", re.DOTALL)


@pytest.fixture(scope="module")
def installation(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of an installation with a small synthetic county, and of an analyst with a token."""
    url, home = databases.new(), tmp_path_factory.mktemp("notebooks") / "home"
    with platform_on(url, home).closing() as platform:
        fill(platform, EVERYTHING, residents=150, years=3, seed=7)
    token = issue_client_token(
        home, utc_now, client="analyst", scopes=["system/*.rs"], org=None, lifetime=timedelta(hours=1)
    )
    yield {"KANGSHU_HOME": str(home), "KANGSHU_DATABASE_URL": url, "KANGSHU_TOKEN": token}
    databases.drop(url)


def ran(text: str, where: str) -> str:
    """The text with what its blocks print, one after the other."""
    names: dict[str, Any] = {}

    def run(cell: re.Match[str]) -> str:
        printed = io.StringIO()
        line = text.count("\n", 0, cell.start()) + 1
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * line + cell["code"], where, "exec"), names)
        said = f"\n```text\n{printed.getvalue()}```\n" if printed.getvalue() else ""
        return f"```python\n{cell['code']}```\n{said}"

    return _CELL.sub(run, text)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_prints_what_it_says(
    path: Path, installation: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in installation.items():
        monkeypatch.setenv(name, value)
    text = path.read_text("utf-8")
    found = ran(text, path.name)
    if os.environ.get("KANGSHU_TEST_WRITE"):
        path.write_text(found, "utf-8")
    else:
        assert found == text


def test_nobody_opens_an_installation_without_saying_who(
    installation: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in installation.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Invalid, match="token"):
        open_installation()
    with pytest.raises(Refused, match="forged"):
        open_installation(token=f"{installation['KANGSHU_TOKEN']}x")


def test_who_may_see_numbers_sees_no_rows(
    installation: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in installation.items():
        monkeypatch.setenv(name, value)
    overseer = Principal("overseer", "", "overseer")
    with open_installation(principal=overseer) as analysis:
        assert analysis.evaluate("xinyi", "infant_mortality", county="440999")
        with pytest.raises(Refused):
            analysis.units("xinyi", "infant_mortality", "2025")
        with pytest.raises(Refused):
            analysis.view("patient")


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 3


def test_a_block_that_prints_something_else_is_noticed() -> None:
    assert (
        ran("```python\nprint(2)\n```\n\n```text\n1\n```\n", "x")
        == "```python\nprint(2)\n```\n\n```text\n2\n```\n"
    )
