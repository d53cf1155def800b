"""The project's own files, for tests that look at what is written rather than at what it does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "kangshu"

_MADE = {".git", ".venv", ".kangshu", "build", "dist", "__pycache__", "node_modules"}


def files(*endings: str) -> list[Path]:
    """Every file of the project with one of these endings (none given: all), but nothing that was made."""
    return sorted(path for path in _walk(ROOT) if not endings or path.suffix in endings)


def modules(folder: Path = SOURCE) -> list[Path]:
    """Every Python module below a folder."""
    return sorted(path for path in _walk(folder) if path.suffix == ".py")


def calls(module: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every call in a module (`3, "datetime.now"`)."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def name(path: Path) -> str:
    """A path as the project writes it."""
    return path.relative_to(ROOT).as_posix()


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in _MADE or path.name.endswith("_cache") or path.name == ".hypothesis":
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path
