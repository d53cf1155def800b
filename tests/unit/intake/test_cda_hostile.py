"""XML that means harm, or is broken: refused with its place, or read without being obeyed."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangshu.domains.intake.cda import engine, parsing
from kangshu.domains.intake.cda.reading import recognised
from kangshu.domains.intake.cda.resource import written
from kangshu.domains.intake.validation import problems_of
from kangshu.kernel.base.errors import Invalid, KangshuError, TooCostly
from tests.support.cda_texts import NAMESPACES, PATIENT, PRESSURE, TEMPLATES, document, reader, section

SECRET = "/etc/passwd"


def read(text: str | bytes) -> list[dict[str, object]]:
    raw = text if isinstance(text, bytes) else text.encode()
    resources = reader().read(raw, source="H1").resources
    for body in resources:
        assert problems_of(written(body)) == []
    return resources


def place(text: str | bytes) -> str:
    with pytest.raises(Invalid) as refused:
        read(text)
    return refused.value.problems[0].path


SOUND = document(section("8716-3", PRESSURE))
LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))


@pytest.mark.parametrize(
    "prolog",
    [
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>',
        f'<!DOCTYPE x [<!ENTITY f SYSTEM "file://{SECRET}">]>',
        f'<!DOCTYPE x SYSTEM "file://{SECRET}">',
        '<!DOCTYPE x PUBLIC "-//x" "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
        "<!-- a --><?pi x?>\n<!DOCTYPE x>",
        "\n<!doctype x>",
    ],
)
def test_a_dtd_of_any_kind_is_refused_before_it_is_read(prolog: str) -> None:
    assert place(f"<?xml version='1.0'?>{prolog}{SOUND}").startswith("line ")
    assert place(f"{prolog}{SOUND}".encode("utf-16")).startswith("line ")


def test_lines_are_counted_from_the_beginning_of_the_message() -> None:
    before = "<?xml version='1.0'?>\n<!-- one\ntwo -->\n"
    assert place(before + SOUND.replace("</title>", "\n</titel>")) == "line 5"
    assert place(before + SOUND.replace("recordTarget", "recordtarget")) == "ClinicalDocument (line 4)"
    assert place(before + "<Other/>") == "line 4"


def test_an_entity_that_nobody_declared_is_refused_with_its_line() -> None:
    assert place(SOUND.replace("<title>摘要", "\n<title>&xxe;")) == "line 2"


def test_inclusions_and_stylesheets_are_not_followed() -> None:
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{SECRET}" parse="text"/>'
    text = "<?xml-stylesheet href='http://127.0.0.1:9/x.xsl'?>" + document(
        section("8716-3", PRESSURE, text=f"before {include} after")
    )
    said = b"".join(written(body) for body in read(text) if body["resourceType"] != "Binary")
    assert b"root:" not in said
    assert b"include" not in said
    assert b"before  after" in said or b"before after" in said


@pytest.mark.parametrize("element", ["content", "list><item", "table><tbody><tr><td"])
def test_deep_nesting_is_refused(element: str) -> None:
    names = element.replace("<", "").split(">")
    deep = "".join(f"<{name}>" for name in names) * 100_000
    started = time.monotonic()
    with pytest.raises(KangshuError) as refused:
        read(SOUND.replace("<text>t", f"<text>{deep}"))
    assert time.monotonic() - started < 10
    assert "deep" in str(refused.value) or "tags" in str(refused.value)


def test_depth_within_the_limit_is_read() -> None:
    deep = "<content>" * 200 + "x" + "</content>" * 200
    assert read(document(section("8716-3", PRESSURE, text=deep)))
    nested = PRESSURE
    for _ in range(60):
        nested = f"<act classCode='ACT' moodCode='EVN'><entryRelationship>{nested}</entryRelationship></act>"
    assert read(document(section("8716-3", nested)))


def test_a_hundred_megabytes_are_refused_before_they_are_held() -> None:
    def parts() -> Iterator[bytes]:
        yield SOUND.encode()
        for _ in range(100):
            yield b" " * (1 << 20)

    tracemalloc.start()
    with pytest.raises(TooCostly, match="20 MB"):
        list(reader().units(parts(), source="H1"))
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    "text",
    [
        SOUND.replace("<text>t", "<text>" + "<br/>" * parsing.MAX_MARKS),
        SOUND.replace("<text>t", "<text><content " + " ".join(f"a{n}=''" for n in range(800_000)) + "/>"),
    ],
    ids=["tags", "attributes"],
)
def test_too_many_tags_or_attributes_are_refused(text: str) -> None:
    with pytest.raises(TooCostly):
        read(text)


def test_one_text_of_twelve_megabytes_is_refused_with_its_line() -> None:
    with pytest.raises(KangshuError):
        read(SOUND.replace("<title>摘要", "<title>" + "x" * (12 << 20)))


def test_encodings() -> None:
    for name in ("gb18030", "gbk", "gb2312"):
        text = f'<?xml version="1.0" encoding="{name}"?>' + SOUND
        (patient,) = (body for body in read(text.encode("gb18030")) if body["resourceType"] == "Patient")
        assert patient["name"] == [{"family": "陈", "given": ["样"]}]
    assert read(b"\xef\xbb\xbf" + SOUND.encode())
    assert read(('<?xml version="1.0" encoding="UTF-16"?>' + SOUND).encode("utf-16"))
    assert read(SOUND.encode("utf-16-be"))
    assert read(SOUND.encode("utf-16-le"))
    for name in ("latin1", "ISO-8859-15"):
        assert read((f'<?xml version="1.0" encoding="{name}"?>' + SOUND).encode(name, "xmlcharrefreplace"))
    with pytest.raises(Invalid, match="UTF-32"):
        read(SOUND.encode("utf-32"))
    assert place(SOUND.encode("gb18030")) == "line 1"
    assert place(('<?xml version="1.0" encoding="gb18030"?>' + SOUND).encode()[:-1] + b"\xff") == "line 1"
    assert place(f'<?xml version="1.0" encoding="UTF-7"?>{SOUND}') == "line 1"
    assert place(f'<?xml version="1.0" encoding="UTF-16"?>{SOUND}') == "line 1"


def test_a_cut_off_document_is_refused_with_the_line_it_ends_on() -> None:
    lines = SOUND.replace("><", ">\n<")
    for length in range(1, len(lines), 97):
        assert place(lines[:length]).startswith("line ")


def test_other_xml_is_refused() -> None:
    for other in (
        "<html/>",
        "<Patient xmlns='http://hl7.org/fhir'/>",
        "<ClinicalDocument xmlns='urn:hl7-org:v2'/>",
        "<section xmlns='urn:hl7-org:v3'/>",
        "<sdtc:ClinicalDocument xmlns:sdtc='urn:hl7-org:sdtc'/>",
        "<ClinicalDocument xmlns='urn:hl7-org:v3'/>",
        "",
        "  \n ",
        "{}",
        "\x00\x01",
    ):
        assert place(other)


def test_prefixes_may_be_any_and_the_namespace_may_be_missing() -> None:
    prefixed = SOUND.replace("xmlns=", "xmlns:h=").replace("<", "<h:").replace("<h:/", "</h:")
    assert len(read(prefixed)) == len(read(SOUND))
    undeclared = document(section("8716-3", PRESSURE), namespaces="xmlns='urn:hl7-org:v3'")
    assert len(read(undeclared)) == len(read(SOUND))
    bare = document(section("8716-3", PRESSURE), namespaces="")
    assert len(read(bare)) == len(read(SOUND))
    swapped = SOUND.replace(
        NAMESPACES, 'xmlns:xsi="urn:hl7-org:v3" xmlns="http://www.w3.org/2001/XMLSchema-instance"'
    )
    assert place(swapped)


def test_one_number_for_two_things_keeps_both() -> None:
    other = PRESSURE.replace("132", "140").replace("20240102", "20240103")
    found = [
        body
        for body in read(document(section("8716-3", PRESSURE, other)))
        if body["resourceType"] == "Observation"
    ]
    assert len(found) == 2
    same = [
        body
        for body in read(document(section("8716-3", PRESSURE, PRESSURE)))
        if body["resourceType"] == "Observation"
    ]
    assert len(same) == 1


def test_errors_hold_no_content() -> None:
    for text in (
        SOUND.replace("</family>", "</陈小明>"),
        SOUND.replace("<family>陈", "<family>&陈小明;"),
        SOUND.replace("extension='P1'", "extension='陈小明' extension='2'"),
        SOUND.replace("<family>陈", "<family>陈小明\x01"),
    ):
        with pytest.raises(Invalid) as refused:
            read(text)
        assert "陈小明" not in str(refused.value)
        assert all("陈小明" not in problem.message + problem.path for problem in refused.value.problems)


def test_a_document_made_to_be_slow_is_read_in_time() -> None:
    many = "".join(f"<entryRelationship>{PRESSURE}</entryRelationship>" for _ in range(1900))
    allergy = (
        f"<observation classCode='OBS' moodCode='EVN'><templateId root='{TEMPLATES}.4.7'/>"
        "<participant><participantRole><playingEntity><code code='1'/></playingEntity></participantRole>"
        f"</participant>{many}"
        "</observation>"
    )
    started = time.monotonic()
    assert read(document(section("48765-2", allergy)))
    assert time.monotonic() - started < 30


def test_a_statement_of_too_many_parts_is_refused_with_its_place() -> None:
    parts = "<entryRelationship/>" * (parsing.MAX_PARTS + 1)
    with pytest.raises(TooCostly, match="section/entry/observation"):
        read(document(section("8716-3", PRESSURE.replace("</observation>", f"{parts}</observation>"))))


VENDOR = "<v:x xmlns:v='urn:v'/>"


@pytest.mark.parametrize(
    "text",
    [
        (VENDOR + "t" * 20) * 100_000,
        VENDOR * 200_000,
        "<content a=' x '/>" * 200_000,
        "<content ID='i'>x</content>" * 100_000,
    ],
    ids=["foreign with text", "foreign", "blanks", "one name"],
)
def test_much_of_one_thing_is_read_in_time(text: str) -> None:
    started = time.monotonic()
    assert read(document(section("8716-3", PRESSURE, text=text)))
    assert time.monotonic() - started < 10


def test_text_around_foreign_markup_stays_in_its_order() -> None:
    text = f"a{VENDOR}b<content>c{VENDOR}d</content>e{VENDOR}f<br/>{VENDOR}g"
    (composition,) = (
        body
        for body in read(document(section("8716-3", PRESSURE, text=text)))
        if body["resourceType"] == "Composition"
    )
    assert "ab<span>cd</span>ef<br/>g" in str(composition["section"])


def test_more_things_than_a_document_may_say_are_refused_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MAX_RESOURCES", 50)
    text = document(section("8716-3", *(PRESSURE.replace("bp1", f"b{n}") for n in range(60))))
    with pytest.raises(TooCostly, match="more than 50 things"):
        read(text)


def test_sections_past_a_limit_are_refused_not_left_out() -> None:
    opened = "<component><section><title>t</title>"
    nested = opened * 20 + section("8716-3", PRESSURE) + "</section></component>" * 20
    with pytest.raises(TooCostly, match=r"component/section \(line 1\): more than"):
        read(document(nested))
    with pytest.raises(TooCostly, match="1,000 sections"):
        read(document(*[section("8716-3")] * 1001))


def test_a_comment_that_does_not_end_is_called_so() -> None:
    with pytest.raises(Invalid, match="comment"):
        read("<!-- a -->\n<!-- b " + SOUND)


def test_texts_within_texts_are_not_gone_over_again_and_again() -> None:
    opened = "".join(f"<content ID='c{n}'>" for n in range(200))
    text = f"{opened}{'word ' * 400_000}{'</content>' * 200}"
    statements = [
        PRESSURE.replace("bp1", f"bp{n}")
        .replace("</code>", "")
        .replace(
            "8480-6' codeSystem='2.16.840.1.113883.6.1'/>",
            f"c{n}'><originalText><reference value='#c{n}'/></originalText></code>",
        )
        for n in range(200)
    ]
    started = time.monotonic()
    assert read(document(section("8716-3", *statements, text=text)))
    assert time.monotonic() - started < 30


FRAGMENTS = [
    "<value xsi:type='PQ' value='1e5' unit='  '/>",
    "<value xsi:type='CD' nullFlavor='UNK'/>",
    "<value xsi:type='TS' value='20240231'/>",
    "<value xsi:type='ED' representation='B64'>!!</value>",
    "<value xsi:type='IVL_PQ'><low value='x'/></value>",
    "<effectiveTime value='99999999999999'/>",
    "<effectiveTime nullFlavor='UNK'/>",
    "<code code=' a  b ' codeSystem='not an oid'/>",
    "<code nullFlavor='OTH'><originalText><reference value='#nowhere'/></originalText></code>",
    "<id root='1.2.3' extension=''/>",
    "<id nullFlavor='NI'/>",
    "<statusCode code='whatever'/>",
    "<templateId root='2.16.840.1.113883.10.20.22.4.7'/>",
    "<entryRelationship/>",
    "",
]


@given(st.data())
def test_no_mutation_of_a_document_crashes_or_makes_an_illegal_resource(data: st.DataObject) -> None:
    text = SAMPLE
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(text)))
        kind = data.draw(st.sampled_from(["cut", "element", "text", "attribute"]))
        if kind == "cut":
            text = text[:start] + text[start + data.draw(st.integers(1, 40)) :]
        elif kind == "element":
            at = text.find("<", start)
            text = text[: max(at, 0)] + data.draw(st.sampled_from(FRAGMENTS)) + text[max(at, 0) :]
        elif kind == "attribute":
            at = text.find("value='", start)
            if at >= 0:
                text = text[: at + 7] + data.draw(st.text(max_size=9)).replace("'", "") + text[at + 7 :]
        else:
            text = text[:start] + data.draw(st.text(max_size=9)) + text[start:]
    try:
        read(text.encode("utf-8", "surrogatepass"))
    except Invalid as error:
        refused = error.problems[0]
    else:
        return
    assert refused.path


def _statement(element: str, template: str, inside: str) -> str:
    return (
        f"<{element} classCode='X' moodCode='EVN'><templateId root='{TEMPLATES}.{template}'/><id root='1.2' "
        f"extension='{template}'/><code code='c' codeSystem='1.2.3'/><statusCode code='completed'/>"
        f"<effectiveTime value='20240102'/>{inside}</{element}>"
    )


_DRUG = (
    "<consumable><manufacturedProduct><manufacturedMaterial><code code='1' codeSystem='1.2.3'/>"
    "</manufacturedMaterial></manufacturedProduct></consumable>"
)
_RESULT = _statement("observation", "4.2", "<value xsi:type='PQ' value='1'/>")
SAMPLE = document(
    section(
        "48765-2",
        _statement("observation", "4.7", "<value xsi:type='CD' code='419199007'/>"),
        _statement("observation", "4.4", "<value xsi:type='CD' code='1' codeSystem='1.2.3'/>"),
        _statement("substanceAdministration", "4.16", _DRUG + "<doseQuantity value='1' unit='mg'/>"),
        _statement("substanceAdministration", "4.52", _DRUG),
        _statement("procedure", "4.14", ""),
        _statement("encounter", "4.49", ""),
        _statement(
            "organizer",
            "4.1",
            f"<component>{_RESULT}</component>",
        ),
        _statement("observation", "4.121", "<value xsi:type='ST'>x</value>"),
        PRESSURE,
    ),
    patient=PATIENT,
)


def test_the_sample_that_is_mutated_makes_one_resource_of_each_kind() -> None:
    types = {body["resourceType"] for body in read(SAMPLE)}
    assert types >= {
        "AllergyIntolerance",
        "Condition",
        "MedicationStatement",
        "Immunization",
        "Procedure",
        "Encounter",
        "DiagnosticReport",
        "Observation",
        "Goal",
    }


def test_endless_blanks_are_not_waited_for() -> None:
    is_cda, parts = recognised("", repeat(b" " * 65_536))
    assert not is_cda
    assert next(parts) == b" " * 65_536
