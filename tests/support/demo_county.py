"""A small invented county on a platform, loaded through intake as its institutions would send it."""

from __future__ import annotations

from datetime import date

from kangshu.app.platform import Platform
from kangshu.domains.synthetic.bundles import bundles
from kangshu.domains.synthetic.definition import Population
from kangshu.domains.synthetic.generate import generate
from kangshu.domains.synthetic.load import load_county
from kangshu.kernel.packs.find import default_root
from kangshu.kernel.policies.definition import Grant

UNTIL = date(2025, 12, 31)


def fill(
    platform: Platform, grant: Grant, *, residents: int = 60, years: int = 3, seed: int = 7
) -> Population:
    """Generate a population and let the platform receive every message of it."""
    county = load_county(default_root() / "places" / "demo_county")
    population = generate(county, seed=seed, residents=residents, years=years, until=UNTIL)
    for source, message in bundles(population):
        platform.intake.receive(grant, source, [message])
    return population
