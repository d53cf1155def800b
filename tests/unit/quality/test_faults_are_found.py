"""Every fault of the simulator that the table says a rule finds is found by it, through the real intake."""

from __future__ import annotations

import re
from datetime import date

import pytest

from kangshu.app.media import HL7V2
from kangshu.app.platform import Platform
from kangshu.domains.quality.facts.outcome import FINDING
from kangshu.domains.synthetic.definition import Population
from kangshu.domains.synthetic.faults.catalogue import Catalogue
from kangshu.domains.synthetic.generate import generate
from kangshu.domains.synthetic.hl7v2.writer import Interface
from kangshu.domains.synthetic.load import load_county
from kangshu.domains.synthetic.sending import hl7v2_of
from kangshu.domains.synthetic.sources import Fault
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.packs.find import default_root

OTHER, MATERNAL = "H44099900001", "H44099900003"
COUNTY = load_county(default_root() / "places" / "demo_county")
FAULTS = [each for each in COUNTY.faults if each.format == HL7V2]


@pytest.fixture(scope="module")
def few() -> Population:
    return generate(COUNTY, seed=5, residents=60, years=3, until=date(2026, 1, 1))


@pytest.mark.parametrize(
    "fault", [each for each in FAULTS if "rule CQ-" in each.found_by], ids=lambda f: f.name
)
def test_the_rule_of_the_table_finds_it(platform: Platform, few: Population, fault: Fault) -> None:
    right = [each for group in hl7v2_of(few, MATERNAL, Interface()) for each in group][:60]
    for org, share in ((OTHER, 0.0), (MATERNAL, 1.0)):
        sent = Catalogue(COUNTY).messages(right, seed=1, share=share, only=[fault.name])
        raw = [(org, [each.message.render()], HL7V2) for each in sent]
        for message in platform.intake.journal(raw):
            platform.intake.work_through(message)
    platform.fact_quality.check()
    with engine() as work:
        platform.tables.lake.offer(work, FINDING, FINDING)
        found = f"SELECT _source, rule, count(DISTINCT key) FROM {FINDING} WHERE _message > 0 GROUP BY ALL"
        counts = {(source, rule): count for source, rule, count in work.rows(found)}
    for rule in re.findall(r"CQ-\d+", fault.found_by):
        assert counts.get((MATERNAL, rule), 0) > counts.get((OTHER, rule), 0)
