"""Both languages say the same things, and only the strings say anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kangshu.interfaces.web.portal import words as module
from kangshu.interfaces.web.portal.words import LANGUAGES, language_from, words

FOLDER = Path(module.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
SAID = re.compile(r"\bt\(\s*'([a-z_.A-Z0-9-]+)'\s*[,)]")
CLASSES = re.compile(r"\{% block body_class %\}.*?\{% endblock %\}", re.DOTALL)
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
ATTRIBUTE = re.compile(r"""(?:aria-label|title|placeholder|alt|data-label)="([^"]*)\"""")
TAG = re.compile(r"<[^>]*>", re.DOTALL)
LETTERS = re.compile(r"[A-Za-z\u3400-\u9fff]")


def test_both_languages_have_the_same_keys() -> None:
    chinese, english = (set(words(language).texts) for language in LANGUAGES)
    assert chinese == english


def test_no_text_is_empty_and_both_take_the_same_values() -> None:
    holes = re.compile(r"\{(\w+)\}")
    for key, text in words("zh").texts.items():
        other = words("en").texts[key]
        assert text, key
        assert set(holes.findall(text)) == set(holes.findall(other)), key


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_sentences_of_their_own(path: Path) -> None:
    bare = JINJA.sub("", CLASSES.sub("", path.read_text("utf-8")))
    assert not [text for text in ATTRIBUTE.findall(bare) if LETTERS.search(text)]
    assert not LETTERS.findall(TAG.sub("", bare).replace("&amp;", ""))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_text_a_template_asks_for_exists(path: Path) -> None:
    wanted = set(SAID.findall(path.read_text("utf-8")))
    assert wanted <= set(words("zh").texts)


@pytest.mark.parametrize(
    ("cookie", "language"),
    [(None, "zh"), ("zh", "zh"), ("en", "en"), ("xx", "zh")],
)
def test_chinese_is_the_default_until_somebody_chooses(cookie: str | None, language: str) -> None:
    assert language_from(cookie) == language


def test_a_key_nobody_wrote_is_an_error_but_data_may_speak_for_itself() -> None:
    with pytest.raises(KeyError):
        words("zh").say("no.such.key")
    assert words("zh").say_or("status.odd-code", "odd-code") == "odd-code"
