"""The logical models: one description, and the JSON Schema that follows from it."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.lake.json_schema import json_schema
from kangshu.kernel.lake.model import parse_model, read_models
from tools.model_pages import PAGE, page
from tools.model_schemas import FOLDER, written

MODELS = read_models(FOLDER)


def test_the_models_of_the_requirements_are_there() -> None:
    wanted = "SettlementList FeeLine FrontPage OutpatientVisit CaseReport Prescription"
    wanted += " DrugMovement InstitutionMonthly Institution Resident LabResult Vaccination"
    wanted += " ChronicCard ChronicFollowUp Contract Referral"
    assert set(wanted.split()) == set(MODELS.by_name)


def test_the_settlement_list_has_its_modules() -> None:
    parts = {part.name for part in MODELS.get("SettlementList").parts}
    assert parts == set("opspdiseinfo diseinfo oprninfo icuinfo bldinfo iteminfo payinfo".split())


def test_the_schemas_beside_the_models_are_current() -> None:
    for path, text in written().items():
        assert path.read_text("utf-8") == text, "run python -m tools.model_schemas"


@pytest.mark.parametrize("name", sorted(MODELS.by_name))
def test_each_schema_is_one_and_refuses_what_the_model_refuses(name: str) -> None:
    model = MODELS.get(name)
    schema = json_schema(model, MODELS)
    Draft202012Validator.check_schema(schema)
    checker = Draft202012Validator(schema)
    sample = {
        "text": "x",
        "code": "1",
        "integer": 1,
        "number": 1.5,
        "date": "2026-01-01",
        "datetime": "2026-01-01T00:00:00",
    }
    thing = {column.name: sample[column.type] for column in model.columns if column.need}
    for column in model.columns:
        if column.need and column.codes:
            thing[column.name] = next(iter(MODELS.codes[column.codes]))
    assert checker.is_valid(thing)
    assert not checker.is_valid(thing | {"invented": 1})
    assert not checker.is_valid({key: value for key, value in thing.items() if key != model.key[0]})


def test_unknown_keys_and_columns_of_a_model_are_all_named() -> None:
    toml = 'title="a"\ntitle_en="a"\nbasis="a"\ntable="a"\nkey=["k"]\nlink=[]\n'
    toml += 'happened="h"\nsender="k"\ncolour="red"\n'
    tsv = "part\tname\ttype\tneed\tcodes\ttitle\n\tk\tstring\tkey\tnowhere\tk\n\tk\ttext\t\t\tk\n"
    with pytest.raises(Invalid) as caught:
        parse_model("A", toml, tsv, {})
    said = str(caught.value)
    for part in ("colour", "line 2", "nowhere", "second time", "column h"):
        assert part in said


def test_the_reference_of_the_models_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(MODELS), "run python -m tools.model_pages"
