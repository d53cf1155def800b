"""The `kangshu` command as a process of its own, as anybody would start it."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(sysconfig.get_path("scripts"))
"""Where the commands of the environment are."""


@dataclass(frozen=True)
class Serving:
    """A running server. `base` is its FHIR base."""

    process: subprocess.Popen[str]
    base: str

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self.process.kill()
        self.process.wait(30)


def kangshu(home: Path, *arguments: str) -> str:
    """Run a command to its end; what it printed."""
    command = [str(SCRIPTS / "kangshu"), *arguments]
    done = subprocess.run(
        command, env=_environment(home), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.strip()


@contextmanager
def serving(home: Path) -> Generator[Serving]:
    """A server on a free port, stopped at the end if it still runs."""
    command = [str(SCRIPTS / "kangshu"), "serve", "--port", "0"]
    process = subprocess.Popen(
        command, env=_environment(home), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        with process.stdout:
            line = process.stdout.readline()
            assert "ready at" in line
            yield Serving(process, f"{line.split()[-1]}/fhir")
    finally:
        process.terminate()
        process.wait(60)


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "KANGSHU_HOME": str(home)}
