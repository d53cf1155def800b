"""The reference of the commands is what the program says, and every command shows how it is called."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.architecture.project import ROOT


@pytest.fixture(scope="module")
def told() -> str:
    program = ["-m", "typer", "kangshu.interfaces.cli.main", "utils", "docs"]
    words = ["--name", "kangshu", "--title", "Commands"]
    run = subprocess.run([sys.executable, *program, *words], cwd=ROOT, check=True, capture_output=True)
    return run.stdout.decode()


def test_the_reference_of_the_commands_is_current(told: str):
    written = (ROOT / "docs" / "reference" / "commands.md").read_text("utf-8")
    assert written.strip() == told.strip(), "run `make docs`"


def test_every_command_shows_an_example(told: str):
    sections = re.split(r"^##+ `(kangshu .+)`$", told, flags=re.MULTILINE)
    commands = dict(zip(sections[1::2], sections[2::2], strict=True))
    assert not [
        name for name, text in commands.items() if "COMMAND [ARGS]" not in text and "Example:" not in text
    ]
