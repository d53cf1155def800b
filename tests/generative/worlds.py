"""Small worlds of facts and questions about them, drawn at random from few values so that they meet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Resource = dict[str, Any]

IDS = ["a", "b", "c"]
TEXTS = [
    "Ana",
    "anna",
    "Änne",
    "王小明",
    "王",
    "100%",
    "a_b",
    "a\\b",
    "O'Hara (x)",
    "von  Berg",
    "x|y",
    "a,b",
    "^.*$",
]
PARTS = ["a", "an", "ANN", "änn", "王", "小", "%", "_", "\\\\", "(", "von b", "berg", "\\|", "\\,", ".*", "z"]
CODES = ["c1", "c2", "C1"]
SYSTEMS = ["http://s.example/1", "http://s.example/2"]
DATES = [
    "2019", "2020", "2020-02", "2020-02-29", "2020-02-29T12:00:00Z", "2020-02-29T23:30:00-01:00",
    "2020-03-01", "2020-02-29T12:00:00.500Z", "2021-01",
]  # fmt: skip
NUMBERS = [0, 1, 1.5, 1.49, 1.55, 2, 10, 100, -1, 0.1]
WRITTEN_NUMBERS = ["0", "1", "1.5", "1.50", "2", "10", "100", "1e2", "1e1", "-1", "0.1", ".1", "-0"]
PREFIXES = ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]
UNITS = ["kg", "g"]
UCUM = "http://unitsofmeasure.org"


def maybe(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | value


def made(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Resource]:
    """An object of those parts that are not None."""
    return st.fixed_dictionaries(parts).map(lambda d: {k: v for k, v in d.items() if v not in (None, [], {})})


def some(values: list[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


CODINGS = made(system=maybe(some(SYSTEMS)), code=maybe(some(CODES)), display=maybe(some(TEXTS)))
CONCEPTS = made(coding=st.lists(CODINGS, max_size=2), text=maybe(some(TEXTS)))
PERIODS = made(start=maybe(some(DATES)), end=maybe(some(DATES)))
QUANTITIES = made(
    value=maybe(some(NUMBERS)),
    comparator=maybe(some(["<", ">="])),
    unit=maybe(some(UNITS)),
    system=maybe(st.just(UCUM)),
    code=maybe(some(UNITS)),
)


def references(*types: str) -> st.SearchStrategy[Resource]:
    written = [f"{type_}/{id_}" for type_ in types for id_ in IDS]
    elsewhere = [
        f"http://elsewhere.example/fhir/{written[0]}",
        "urn:uuid:1",
        "#in",
        f"{written[1]}/_history/1",
    ]
    return made(reference=some(written * 3 + elsewhere))


def typed(type_: str, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Resource]:
    tags = st.lists(CODINGS, max_size=1).map(lambda tag: {"tag": tag} if tag else None)
    return made(resourceType=st.just(type_), id=some(IDS), meta=tags, **parts)


PATIENTS = typed(
    "Patient",
    active=maybe(st.booleans()),
    gender=maybe(some(["male", "female"])),
    birthDate=maybe(some([d for d in DATES if "T" not in d])),
    deceasedDateTime=maybe(some(DATES)),
    name=st.lists(made(family=maybe(some(TEXTS)), given=st.lists(some(TEXTS), max_size=2)), max_size=2),
    identifier=st.lists(
        made(system=maybe(some(SYSTEMS)), value=maybe(some(CODES)), type=maybe(CONCEPTS)), max_size=2
    ),
    telecom=st.lists(made(system=maybe(some(["phone", "email"])), value=maybe(some(CODES))), max_size=2),
    managingOrganization=maybe(references("Organization")),
    text=maybe(st.just({"status": "generated", "div": "<div>Änne was here 100%</div>"})),
)
ORGANIZATIONS = typed("Organization", name=maybe(some(TEXTS)), partOf=maybe(references("Organization")))
COMPONENTS = st.lists(made(code=maybe(CONCEPTS), valueQuantity=maybe(QUANTITIES)), max_size=2)
OBSERVATIONS = typed(
    "Observation",
    status=some(["final", "amended"]),
    code=maybe(CONCEPTS),
    subject=maybe(references("Patient", "Group")),
    hasMember=st.lists(references("Observation"), max_size=1),
    effectiveDateTime=maybe(some(DATES)),
    effectivePeriod=maybe(PERIODS),
    valueQuantity=maybe(QUANTITIES),
    component=COMPONENTS,
)
GOALS = typed(
    "Goal",
    subject=maybe(references("Patient")),
    target=st.lists(made(dueDate=maybe(some([d for d in DATES if "T" not in d]))), max_size=3),
)
RISKS = typed(
    "RiskAssessment",
    prediction=st.lists(made(probabilityDecimal=maybe(some(NUMBERS))), max_size=3),
    subject=maybe(references("Patient")),
)
LISTS = typed(
    "List", status=some(["current", "retired"]), entry=st.lists(made(item=references("Patient")), max_size=2)
)
VALUE_SETS = typed(
    "ValueSet", url=maybe(some(["http://a.example/x", "http://a.example/x/y", "http://a.example/xy_%"]))
)

_EITHER = st.one_of(
    PATIENTS, PATIENTS, OBSERVATIONS, OBSERVATIONS, ORGANIZATIONS, GOALS, RISKS, LISTS, VALUE_SETS
)


@st.composite
def _one_of_them(draw: st.DrawFn) -> Resource:
    return draw(_EITHER)


# Hypothesis prints a strategy in full unless it has a name.
RESOURCES = _one_of_them()
TYPES = ["Patient", "Organization", "Observation", "Goal", "RiskAssessment", "List", "ValueSet"]

# -- questions

Pair = tuple[str, str]


def asked(names: list[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[Pair]:
    """One of the names with one or two values."""
    return st.tuples(some(names), st.lists(values, min_size=1, max_size=2).map(",".join))


def prefixed(values: list[str]) -> st.SearchStrategy[str]:
    return st.tuples(some(PREFIXES), some(values)).map("".join)


TOKEN_VALUES = st.one_of(
    some(CODES),
    st.tuples(some(["", *SYSTEMS]), some(CODES)).map("|".join),
    some([f"{system}|" for system in SYSTEMS]),
)
DATE_VALUES = prefixed([date.replace("+", " ") for date in DATES])
NUMBER_VALUES = prefixed(WRITTEN_NUMBERS)
QUANTITY_VALUES = st.tuples(NUMBER_VALUES, some(["", f"|{UCUM}|kg", "||kg", "||g"])).map("".join)
TEXT_VALUES = some(PARTS)
ID_VALUES = some([*IDS, "nobody"])
TRUTHS = some(["true", "false"])


def missing(*names: str) -> st.SearchStrategy[Pair]:
    return st.tuples(some([f"{name}:missing" for name in names]), TRUTHS)


ANYTHING = st.one_of(
    asked(["_id", "_id:not"], ID_VALUES),
    asked(["_tag", "_tag:not"], TOKEN_VALUES),
    st.tuples(st.just("_content"), some(["Änne", "100%", "elsewhere final", "a_b"])),
    st.tuples(st.just("_lastUpdated"), prefixed(["2026-01-05", "2026-01-05T08:31:00Z", "2026"])),
)
ABOUT_PATIENTS = st.one_of(
    asked(["gender", "gender:not"], some(["male", "female"])),
    asked(["active", "deceased"], TRUTHS),
    asked(["name", "name:contains", "family", "given:contains"], TEXT_VALUES),
    asked(["name:exact"], some(["Ana", "anna", "王", "a\\\\b", "x\\|y", "王小明"])),
    asked(["birthdate", "death-date"], DATE_VALUES),
    asked(["identifier", "identifier:not"], TOKEN_VALUES),
    asked(["identifier:of-type"], some([f"{SYSTEMS[0]}|c1|c2", "|c1|c1"])),
    asked(["phone", "email", "telecom"], some([*CODES, "phone|c1", "|c1"])),
    asked(
        ["organization", "organization:Organization"],
        some(["a", "Organization/b", "Organization/c/_history/1"]),
    ),
    missing("name", "birthdate", "organization", "identifier", "active"),
    st.tuples(st.just("_text"), some(["änne", "100%", "was here", "nothing"])),
    asked(["_list"], ID_VALUES),
    asked(["organization.name", "organization:Organization.name:contains"], TEXT_VALUES),
    asked(["organization.partof.name"], TEXT_VALUES),
    asked(["_has:Observation:patient:code", "_has:Observation:subject:code"], TOKEN_VALUES),
    asked(["_has:Observation:patient:date"], DATE_VALUES),
    asked(["_has:Observation:patient:_has:Observation:has-member:code"], TOKEN_VALUES),
    asked(["_has:List:item:status"], some(["current"])),
    asked(["_has:Goal:patient:target-date"], DATE_VALUES),
)
ABOUT_OBSERVATIONS = st.one_of(
    asked(["code", "code:not", "combo-code", "component-code"], TOKEN_VALUES),
    asked(["code:text"], TEXT_VALUES),
    asked(["date"], DATE_VALUES),
    asked(["value-quantity", "combo-value-quantity", "component-value-quantity"], QUANTITY_VALUES),
    asked(
        ["subject", "patient"],
        some(["a", "Patient/b", "Group/a", "http://elsewhere.example/fhir/Patient/a", "urn:uuid:1"]),
    ),
    asked(["subject:Patient"], some(["a", "Patient/b"])),
    missing("subject", "date", "value-quantity", "code"),
    asked(["subject.gender", "patient.gender", "subject:Patient.gender"], some(["male", "female"])),
    asked(["patient.organization.name", "subject:Patient.name:contains"], TEXT_VALUES),
    asked(["has-member.code"], TOKEN_VALUES),
    st.tuples(
        some(["code-value-quantity", "component-code-value-quantity", "combo-code-value-quantity"]),
        st.tuples(TOKEN_VALUES, QUANTITY_VALUES).map("$".join),
    ),
    asked(["_has:Observation:has-member:status"], some(["final"])),
)
QUESTIONS: dict[str, st.SearchStrategy[Pair]] = {
    "Patient": ANYTHING | ABOUT_PATIENTS,
    "Observation": ANYTHING | ABOUT_OBSERVATIONS,
    "Organization": ANYTHING | asked(["name", "name:contains"], TEXT_VALUES) | missing("name", "partof"),
    "Goal": ANYTHING | asked(["target-date"], DATE_VALUES) | asked(["patient"], ID_VALUES),
    "RiskAssessment": ANYTHING | asked(["probability"], NUMBER_VALUES) | missing("probability"),
    "List": ANYTHING | asked(["item"], ID_VALUES) | asked(["status"], some(["current"])),
    "ValueSet": ANYTHING
    | asked(
        ["url", "url:below", "url:above"],
        some(["http://a.example/x", "http://a.example", "http://a.example/xy_%"]),
    ),
}
SORTS: dict[str, list[str]] = {
    "Patient": [
        "name",
        "-name",
        "birthdate",
        "-birthdate",
        "gender,-_id",
        "-death-date,family",
        "_lastUpdated",
    ],
    "Observation": [
        "date",
        "-date",
        "value-quantity",
        "-value-quantity,date",
        "code",
        "-code,status",
        "subject",
    ],
    "Organization": ["name", "-name"],
    "Goal": ["target-date", "-target-date"],
    "RiskAssessment": ["probability", "-probability"],
    "List": ["status,-_id"],
    "ValueSet": ["url", "-url"],
}


def searches(type_: str) -> st.SearchStrategy[tuple[str, list[Pair], str]]:
    """(type, parameters, sort)"""
    return st.tuples(
        st.just(type_),
        st.lists(QUESTIONS[type_], max_size=2),
        some(["", "_id", "-_id", "-_lastUpdated", *SORTS[type_]]),
    )


_QUERIES = some(["Patient", "Patient", "Observation", "Observation", *TYPES]).flatmap(searches)


@st.composite
def _a_search(draw: st.DrawFn) -> tuple[str, list[Pair], str]:
    return draw(_QUERIES)


SEARCHES = _a_search()
