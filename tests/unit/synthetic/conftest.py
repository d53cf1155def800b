"""One demo county and one population, shared: making them takes seconds."""

from __future__ import annotations

from datetime import date

import pytest

from kangshu.domains.synthetic.bundles import bundles
from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.definition import Population
from kangshu.domains.synthetic.generate import generate
from kangshu.domains.synthetic.load import load_county
from kangshu.kernel.packs.find import default_root

UNTIL = date(2025, 12, 31)
HAMLET = 90


@pytest.fixture(scope="session")
def county() -> County:
    return load_county(default_root() / "places" / "demo_county")


@pytest.fixture(scope="session")
def population(county: County) -> Population:
    return generate(county, seed=1, residents=300, years=6, until=UNTIL)


@pytest.fixture(scope="session")
def hamlet(county: County) -> Population:
    """Few enough that every resource of every message can be looked at."""
    return generate(county, seed=2, residents=HAMLET, years=5, until=UNTIL)


@pytest.fixture(scope="session")
def messages(hamlet: Population) -> list[tuple[str, bytes]]:
    return list(bundles(hamlet))
