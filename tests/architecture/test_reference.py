"""The reference of the commands is what the program says."""

from __future__ import annotations

import subprocess
import sys

from tests.architecture.project import ROOT
from tools import api_page
from tools.view_pages import page, relations_of_packs


def test_the_reference_of_the_commands_is_current():
    program = ["-m", "typer", "kangshu.interfaces.cli.main", "utils", "docs"]
    words = ["--name", "kangshu", "--title", "Commands"]
    told = subprocess.run([sys.executable, *program, *words], cwd=ROOT, check=True, capture_output=True)
    written = (ROOT / "docs" / "reference" / "commands.md").read_text("utf-8")
    assert written.strip() == told.stdout.decode().strip(), "run `make docs`"


def test_the_reference_of_the_python_api_is_current():
    assert api_page.PAGE.read_text("utf-8") == api_page.page(), "run `make docs`"


def test_the_reference_of_the_views_is_current():
    written = (ROOT / "docs" / "reference" / "views-of-packs.md").read_text("utf-8")
    assert written == page(relations_of_packs()), "run `make docs`"
