"""The demonstration: a synthetic county, loaded through the real intake, with people who can log in."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from kangshu.app import demonstration_codes, demonstration_messages, demonstration_tables
from kangshu.app.identity_provider.add_user import add_user
from kangshu.app.identity_provider.build import FILE, read_directory
from kangshu.app.identity_provider.directory import User
from kangshu.app.identity_provider.passwords import hash_password
from kangshu.app.loading import Progress, load
from kangshu.app.platform import Platform
from kangshu.app.settings import Settings
from kangshu.domains.identity.keys import RESIDENT_ID
from kangshu.domains.intake.tally import Tally
from kangshu.domains.synthetic.bundles import bundles
from kangshu.domains.synthetic.cda.definition import Contents
from kangshu.domains.synthetic.cda.document import read_contents
from kangshu.domains.synthetic.definition import Population, Resident
from kangshu.domains.synthetic.generate import generate
from kangshu.domains.synthetic.load import load_county
from kangshu.kernel.packs.find import find_packs

PLACE, DOCUMENTS = "demo_county", "wst500"
RESIDENT_LOGIN = "resident"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to generate: the same plan gives the same county."""

    seed: int
    residents: int
    years: int
    until: date


def is_set_up(settings: Settings) -> bool:
    """Whether this installation holds a demonstration already."""
    return _mark(settings).exists()


def demo_settings(settings: Settings) -> Settings:
    """The settings of a demonstration: demo users may log in, every page says that the data is synthetic."""
    return replace(settings, demo=True)


def set_up(platform: Platform, plan: Plan, progress: Progress) -> Tally:
    """Generate the county of the plan and load it. Killed half way, it can be run again."""
    county = load_county(platform.settings.packs / "places" / PLACE)
    population = generate(
        county, seed=plan.seed, residents=plan.residents, years=plan.years, until=plan.until
    )
    with tempfile.TemporaryDirectory(prefix="kangshu-demo-") as folder:
        contents = read_contents(find_packs(platform.settings.packs)[DOCUMENTS].folder)
        by_org = _write(population, contents, Path(folder))
        tally = load(platform, by_org, progress).tally
        platform.database.settle()
    place = platform.settings.packs / "places" / PLACE
    demonstration_codes.publish_standards(platform, county)
    demonstration_tables.deliver(platform, place, seed=plan.seed, until=plan.until)
    _let_in(platform.settings, _well_documented(population))
    _mark(platform.settings).write_text(
        json.dumps({"residents": plan.residents, "until": plan.until.isoformat()})
    )
    return tally


def _write(population: Population, contents: Contents, folder: Path) -> Mapping[str, list[Path]]:
    """The messages of every institution as files, as if they had been handed in."""
    elsewhere = demonstration_messages.elsewhere(population.county)
    sent = {
        "json": bundles(population, elsewhere),
        "hl7": demonstration_messages.batches(population),
        "xml": demonstration_messages.documents(population, contents),
    }
    by_org: dict[str, list[Path]] = {}
    for suffix, messages in sent.items():
        for number, (org, content) in enumerate(messages):
            path = folder / f"{number:06}.{suffix}"
            path.write_bytes(content)
            by_org.setdefault(org, []).append(path)
    return by_org


def _well_documented(population: Population) -> Resident:
    """A living adult with a long and varied history, for the resident's own view."""
    visits = Counter(visit.resident for visit in population.visits)
    keyed = {file.resident for file in population.registrations if file.quirk == ""}
    adults = [
        resident
        for resident in population.residents
        if resident.death is None
        and resident.number in keyed
        and resident.birth.year < population.until.year - 40
    ]
    return max(adults, key=lambda resident: (visits[resident.number], -resident.number))


def _let_in(settings: Settings, resident: Resident) -> None:
    directory = read_directory(demo_settings(settings))
    if RESIDENT_LOGIN in directory.users:
        return
    add_user(
        settings.home / FILE,
        User(
            login=RESIDENT_LOGIN,
            name=resident.name,
            role="resident",
            password=hash_password(directory.demo_password or ""),
            person_key=(RESIDENT_ID, resident.id_number),
        ),
    )


def _mark(settings: Settings) -> Path:
    return settings.home / "demonstration.json"
