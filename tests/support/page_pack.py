"""The pack that the page `define-an-indicator` shows, file by file, among the packs of this checkout."""

from __future__ import annotations

import re
from pathlib import Path

from kangshu.kernel.packs.find import default_root

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "define-an-indicator.md"
NAME = "my_city"

_FILE = re.compile(r"^`([\w/.]+)`[^\n]*\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES: dict[str, str] = dict(_FILE.findall(PAGE.read_text("utf-8")))


def write_page_pack(root: Path) -> Path:
    """The folder of the page's pack below a root that has all standards, programmes and places besides."""
    source = default_root()
    for kind in ("standards", "programmes"):
        (root / kind).symlink_to(source / kind)
    (root / "places").mkdir()
    for place in (source / "places").iterdir():
        (root / "places" / place.name).symlink_to(place)
    folder = root / "places" / NAME
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder
