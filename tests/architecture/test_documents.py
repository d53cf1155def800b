"""Documents lead where they say, and know the words the code uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, SOURCE, files, name

LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SHOWN = r"make|kangshu|\S*\.venv/bin/kangshu|KANGSHU_\S+|curl"
COMMAND = re.compile(rf"^ *((?:{SHOWN}) [^#\n]*?) *(?:#.*)?$", re.MULTILINE)
ROOMS = [
    path
    for floor in ("kernel", "domains")
    for path in (SOURCE / floor).iterdir()
    if (path / "__init__.py").exists()
]


def test_links_lead_somewhere():
    broken = [
        f"{name(page)} → {link}" for page in files(".md") for link in _links(page) if not _leads(page, link)
    ]
    assert not broken


def test_every_page_of_docs_is_reached_from_its_index():
    seen, waiting = set[Path](), [ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop()
        seen.add(page)
        targets = [(page.parent / link.partition("#")[0]).resolve() for link in _links(page)]
        waiting += [target for target in targets if target.suffix == ".md" and target not in seen]
    assert not [
        name(page) for page in files(".md") if page.is_relative_to(ROOT / "docs") and page not in seen
    ]


@pytest.mark.parametrize(
    "room", [pytest.param(room, id=name(room)) for room in sorted(ROOMS) if room.name != "base"]
)
def test_every_room_is_a_word_of_the_glossary(room: Path):
    glossary = (ROOT / "GLOSSARY.md").read_text("utf-8").lower()
    assert re.search(rf"\b({room.name}|{_singular(room.name)})\b", glossary)


def test_both_readmes_show_the_same_commands():
    english, chinese = ((ROOT / page).read_text("utf-8") for page in ("README.md", "README.zh-CN.md"))
    assert COMMAND.findall(english) == COMMAND.findall(chinese)


def test_every_setting_is_documented_and_no_other():
    known, told = (
        set(re.findall(r"\bKANGSHU_(?!TEST)[A-Z_]+[A-Z]\b", path.read_text("utf-8")))
        for path in (SOURCE / "app" / "settings.py", ROOT / "docs" / "how-to" / "operate.md")
    )
    assert known == told


def test_decisions_are_numbered_without_gaps():
    numbers = sorted(int(page.name[:4]) for page in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def _links(page: Path) -> list[str]:
    text = FENCE.sub("", page.read_text("utf-8"))
    return [link for link in LINK.findall(text) if not re.match(r"[a-z]+:", link)]


def _leads(page: Path, link: str) -> bool:
    target, _, anchor = link.partition("#")
    path = (page.parent / target).resolve() if target else page
    if not path.exists() or not path.is_relative_to(ROOT):
        return False
    return not anchor or anchor in [_anchor(heading) for heading in HEADING.findall(path.read_text("utf-8"))]


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _singular(room: str) -> str:
    return re.sub(r"ies$", "y", room) if room.endswith("ies") else room.removesuffix("s")
