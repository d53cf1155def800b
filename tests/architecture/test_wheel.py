"""An installed Kangshu has everything with it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, SOURCE, name


@pytest.mark.slow
def test_the_wheel_carries_every_module_and_every_pack(tmp_path: Path):
    build = "from hatchling.build import build_wheel; import sys; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    held = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    modules = {name(path).removeprefix("src/") for path in SOURCE.rglob("*.py")}
    packs = {name(path).replace("packs/", "kangshu/_packs/", 1) for path in (ROOT / "packs").rglob("*.*")}
    assert modules | packs <= held
