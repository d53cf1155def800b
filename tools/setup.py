"""Build `.venv` from `requirements.lock` on a machine that has only Python.

    python3 tools/setup.py          # everything but Spark
    python3 tools/setup.py spark    # and Spark, which is large and which few need

The lock names exact versions with their hashes and no addresses: where packages come from is this
machine's own business, told by its pip configuration. uv is installed from the same lock first and
does the rest, because it is many times faster; where uv cannot reach what pip can, pip does it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"
SPARK = ("numpy", "pandas", "py4j", "pyspark")
"""Entries of the lock that are left out at first."""


def main() -> None:
    """Make the environment, fill it, and mark it as ready."""
    if sys.version_info < (3, 11):  # noqa: UP036 — this file is the one that older versions get to run
        sys.exit("Kangshu needs Python 3.11 or newer: make PYTHON=python3.12 setup")
    if sys.argv[1:] == ["spark"]:
        install_spark()
        return
    make_environment()
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "requirements.lock"
        lock.write_text(without(SPARK), encoding="utf-8")
        if not install_with_uv(lock):
            print("uv could not fetch everything; pip takes over.", file=sys.stderr)
            pip("install", "--require-hashes", "-r", str(lock))
            pip("install", "--no-deps", "--no-build-isolation", "-e", str(ROOT))
    compile_bytecode()
    (VENV / ".ready").touch()


def install_spark() -> None:
    """Add what `main` leaves out. It comes as source, so pip may fetch what builds it."""
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "spark.lock"
        lock.write_text("".join(entry_of(each) for each in SPARK), encoding="utf-8")
        pip("install", "--quiet", "--require-hashes", "-r", str(lock))
    (VENV / ".spark").touch()


def make_environment() -> None:
    """Create `.venv`, anew if the one that is there does not start, and see that pip is in it."""
    if not works("-c", ""):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    if not works("-m", "pip", "--version"):
        subprocess.run([str(PYTHON), "-m", "ensurepip"], check=True)


def works(*arguments: str) -> bool:
    """Whether the environment's Python runs this without complaint."""
    if not PYTHON.exists():
        return False
    return subprocess.run([str(PYTHON), *arguments], capture_output=True, check=False).returncode == 0


def install_with_uv(lock: Path) -> bool:
    """Install uv from the lock, then let it install everything; False if it could not."""
    with tempfile.TemporaryDirectory() as folder:
        only_uv = Path(folder) / "uv.lock"
        only_uv.write_text(entry_of("uv"), encoding="utf-8")
        pip("install", "--quiet", "--require-hashes", "-r", str(only_uv))
    environment = {**os.environ, **uv_settings()}
    target = ["--python", str(PYTHON)]
    for arguments in (
        ["--require-hashes", "-r", str(lock)],
        ["--no-deps", "--no-build-isolation", "-e", str(ROOT)],
    ):
        command = [str(BIN / "uv"), "--no-config", "pip", "install", *target, *arguments]
        if subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode != 0:
            return False
    return True


def compile_bytecode() -> None:
    """Compile once what every start would compile anew where Python is told not to write bytecode."""
    folders = [str(ROOT / "src"), str(VENV)]
    # Some packages bring files for other versions of Python; that these do not compile is no fault.
    subprocess.run([str(PYTHON), "-m", "compileall", "-qq", "-j", "0", *folders], check=False)


def entry_of(package: str) -> str:
    """The lines of the lock about one package: its version, or one for each Python, and every hash."""
    found: list[str] = []
    within = False
    for line in LOCK.read_text(encoding="utf-8").splitlines(keepends=True):
        within = line.startswith(f"{package}==") or (within and line.startswith(" "))
        found += [line] if within else []
    return "".join(found)


def without(packages: tuple[str, ...]) -> str:
    """The lock without the entries of some packages."""
    lines = LOCK.read_text(encoding="utf-8")
    for line in {line for package in packages for line in entry_of(package).splitlines(keepends=True)}:
        lines = lines.replace(line, "")
    return lines


def uv_settings() -> dict[str, str]:
    """Where packages are, from pip's configuration in uv's variables: uv does not read it itself."""
    told = pip_settings()
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
        "no-index": "UV_NO_INDEX",
        "cert": "SSL_CERT_FILE",
        "trusted-host": "UV_INSECURE_HOST",
    }
    settings = {names[key]: value for key, value in told.items() if key in names and value}
    settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # pip asks every index too; the hashes keep it safe
    return {name: value for name, value in settings.items() if name not in os.environ}


def pip_settings() -> dict[str, str]:
    """pip's configuration by key; what the environment says wins over files."""
    listed = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, str] = {}
    for line in sorted(listed.splitlines(), key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if section in ("global", "install", ":env:"):
            found[key] = " ".join(value.strip().strip("'").replace("\\n", " ").split())
    return found


def pip(*arguments: str) -> None:
    """Run the environment's pip; its own words explain a failure."""
    subprocess.run([str(PYTHON), "-m", "pip", *arguments], check=True, cwd=ROOT)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
