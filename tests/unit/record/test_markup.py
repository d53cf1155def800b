"""What a source wrote as markup can be shown, and can do nothing."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangshu.domains.record.markup import has_structure, safe_markup
from kangshu.domains.record.paper import read_sections

ALLOWED = {
    *"p div span b i u s em strong sub sup ul ol li table caption thead tbody tfoot tr th td a br".split()
}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            self.wrong.append(tag)
        for name, value in attrs:
            if name not in ("colspan", "rowspan", "id", "href") or (
                name == "href" and not (value or "").startswith("#n-")
            ):
                self.wrong.append(f"{tag} {name}")
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.wrong.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append("declaration")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append("declaration")


def harm_in(markup: str) -> list[str]:
    tags = Tags()
    tags.feed(markup)
    tags.close()
    return tags.wrong + tags.open


@pytest.mark.parametrize(
    ("div", "expected"),
    [
        (
            "<div><table><tr><td colspan='2' style='x' onclick='y'>a</td></tr></table></div>",
            '<div><table><tr><td colspan="2">a</td></tr></table></div>',
        ),
        ("<script>alert(1)</script>x", "x"),
        ("<style>p{}</style>x", "x"),
        ("<img src=x onerror=alert(1)>x", "x"),
        ("<a href='javascript:alert(1)'>x</a>", "<a>x</a>"),
        ("<a href='http://evil.example/'>x</a>", "<a>x</a>"),
        ("<a href='#n-f1'>x</a>", '<a href="#n-f1">x</a>'),
        ("<p id='login'>x", '<p id="n-login">x</p>'),
        ("<ul><li>a<li>b</ul></p>c", "<ul><li>a<li>b</li></li></ul>c"),
        ("a &lt;script&gt; &amp; b", "a &lt;script&gt; &amp; b"),
        ("<svg><script>x</script></svg><iframe src='x'>y</iframe>", "y"),
    ],
)
def test_only_what_is_on_the_list_comes_through(div: str, expected: str) -> None:
    assert safe_markup(div) == expected


PIECES = st.sampled_from(
    [
        "<",
        ">",
        "</",
        "<script",
        "<table>",
        "<td ",
        "onload=",
        "'",
        '"',
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<a href='",
        "#n-",
        "javascript:",
        "&lt;",
        "&#60;",
        "x",
        "<p>",
        "</p>",
        "<br/>",
        "<textarea>",
        "\0",
    ]
)


@given(st.lists(PIECES | st.text(max_size=4), max_size=30))
def test_nothing_harmful_can_be_put_together(pieces: list[str]) -> None:
    assert harm_in(safe_markup("".join(pieces))) == []


def test_deep_and_long_narratives_end() -> None:
    assert harm_in(safe_markup("<div>" * 5000 + "x")) == []
    assert len(safe_markup("y" * 1_000_000)) <= 200_000


def test_a_section_with_a_table_keeps_it_and_one_without_is_plain() -> None:
    def of(div: str) -> tuple[str, str]:
        (section,) = read_sections({"section": [{"title": "T", "text": {"div": div}}]})
        return section.text, section.markup

    assert of("<div><p>a</p></div>") == ("a", "")
    text, markup = of("<div><table><tr><td>a</td></tr></table></div>")
    assert "a" in text
    assert "<td>a</td>" in markup
    assert not has_structure("table of contents")
