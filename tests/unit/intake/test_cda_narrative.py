"""The narrative block as XHTML: readable, legal, harmless."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from kangshu.domains.intake.cda.narrative import render
from kangshu.domains.intake.cda.parsing import parse
from kangshu.domains.intake.cda.texts import Texts
from tests.support.cda_texts import document, reader, section

OPEN = '<div xmlns="http://www.w3.org/1999/xhtml">'


def rendered(inside: str) -> str:
    div = render(parse(f"<text>{inside}</text>".encode()), {"m1": "心电图"})
    assert div is not None
    etree.fromstring(div)
    return div.removeprefix(OPEN).removesuffix("</div>")


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("a<br/>b", "a<br/>b"),
        ("<paragraph>a &amp; &lt;b&gt;</paragraph>", "<p>a &amp; &lt;b&gt;</p>"),
        ("<content ID='x1' styleCode='Bold xsecondary'>a</content>", '<span id="n-x1"><b>a</b></span>'),
        (
            "<list listType='ordered'><caption>C</caption><item>a</item></list>",
            "<b>C</b> <ol><li>a</li></ol>",
        ),
        ("<list><item>a</item><item ID='i'>b</item></list>", '<ul><li>a</li><li id="n-i">b</li></ul>'),
        (
            (
                "<table border='1' width='100%'><caption>C</caption><colgroup><col width='9'/></colgroup>"
                "<tbody><tr><th colspan='2' align='left'>h</th></tr>"
                "<tr><td rowspan='x'>d</td></tr></tbody></table>"
            ),
            (
                '<table><caption>C</caption><tbody><tr><th colspan="2">h</th></tr>'
                "<tr><td>d</td></tr></tbody></table>"
            ),
        ),
        ("H<sub>2</sub>O m<sup>2</sup>", "H<sub>2</sub>O m<sup>2</sup>"),
        (
            "a<footnoteRef IDREF='f1'/><footnote ID='f1'>note</footnote>",
            'a<sup><a href="#n-f1">*</a></sup><div id="n-f1">note</div>',
        ),
        ("<linkHtml href='#sec1'>here</linkHtml>", '<a href="#n-sec1">here</a>'),
        ("<linkHtml href='http://evil.example/'>there</linkHtml>", "there"),
        ("<linkHtml href='javascript:alert(1)'>there</linkHtml>", "there"),
        ("<renderMultiMedia referencedObject='m1'/>", "<i>[心电图]</i>"),
        ("<script>alert(1)</script><style>p{}</style>a", "a"),
        ("<content onclick='x' style='y' ID='&quot;onload=z'>a</content>", "<span>a</span>"),
        ("<blink>a</blink>", "a"),
    ],
)
def test_elements_of_the_narrative(inside: str, expected: str) -> None:
    assert rendered(inside) == expected


NAMES = st.sampled_from(
    [
        "paragraph",
        "content",
        "list",
        "item",
        "table",
        "tr",
        "td",
        "caption",
        "script",
        "linkHtml",
        "footnoteRef",
        "x",
    ]
)


@st.composite
def trees(draw: st.DrawFn, depth: int = 4) -> str:
    name = draw(NAMES)
    attribute = draw(
        st.sampled_from(
            ["", " ID='a'", " href='javascript:x'", " styleCode='Bold'", " colspan='9'", " onload='x'"]
        )
    )
    if depth == 0:
        return f"<{name}{attribute}>t</{name}>"
    inner = "".join(draw(st.lists(trees(depth - 1), max_size=3)))
    return f"<{name}{attribute}>{inner}</{name}>"


@given(trees())
def test_any_tree_gives_well_formed_markup_without_anything_active(tree: str) -> None:
    div = render(parse(f"<text>{tree} end</text>".encode()), {})
    assert div is not None
    for element in etree.fromstring(div).iter():
        assert etree.QName(element).localname not in ("script", "style", "x")
        assert set(element.attrib) <= {"id", "href", "colspan", "rowspan"}
        assert element.get("href", "#n-").startswith("#n-")


def test_a_section_without_words_says_what_its_entries_say() -> None:
    entry = (
        "<observation classCode='OBS' moodCode='EVN'>"
        "<code code='DE04.01.119.00' codeSystem='2.16.156.10011.2.2.1' "
        "displayName='主诉'/><value xsi:type='ST'>头晕&lt;3天</value></observation>"
    )
    resources = reader().read(document(section("10154-3", entry, text="")).encode(), source="H1").resources
    (composition,) = (body for body in resources if body["resourceType"] == "Composition")
    assert composition["section"][0]["text"] == {
        "status": "generated",
        "div": f"{OPEN}<ul><li>主诉：头晕&lt;3天</li></ul></div>",
    }


def test_the_first_of_two_elements_with_one_name_is_the_one_referred_to() -> None:
    root = parse(b"<a><text><content ID='i'>one</content><content ID='i'>two</content></text></a>")
    assert Texts(root).at("#i") == "one"
    assert Texts(root).at("http://elsewhere.example/#i") is None
