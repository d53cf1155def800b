"""The population is reproducible and looks like people."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from kangshu.domains.synthetic.bundles import bundles
from kangshu.domains.synthetic.chance import age_on
from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.definition import Course, Population, Resident
from kangshu.domains.synthetic.generate import generate
from kangshu.domains.synthetic.illness import chronic_courses
from kangshu.domains.synthetic.people import settle
from kangshu.kernel.base.errors import Invalid

UNTIL = date(2025, 12, 31)


def make(county: County, seed: int) -> Population:
    return generate(county, seed=seed, residents=25, years=2, until=UNTIL)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(county: County) -> None:
    first, again, other = (list(bundles(make(county, seed))) for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_the_size_is_what_was_asked_for(population: Population) -> None:
    assert len(population.residents) == 300
    assert [each.number for each in population.residents] == list(range(300))
    assert sorted(number for home in population.households for number in home.members) == list(range(300))


@pytest.mark.parametrize(("residents", "years"), [(0, 5), (10, 0), (10, 41)])
def test_a_county_without_people_or_time_is_refused(county: County, residents: int, years: int) -> None:
    with pytest.raises(Invalid):
        generate(county, seed=1, residents=residents, years=years, until=UNTIL)


def test_nothing_happens_before_birth_after_death_or_after_the_window(population: Population) -> None:
    for visit in population.visits:
        person = population.residents[visit.resident]
        assert person.birth <= visit.start.date() <= UNTIL
        assert person.death is None or visit.start.date() < person.death
        assert visit.start < visit.end


def test_families_fit_together(population: Population) -> None:
    people = population.residents
    for child in people:
        if child.mother is not None:
            assert people[child.mother].sex == "female"
            assert 17 <= age_on(people[child.mother].birth, child.birth) <= 50
        if child.father is not None:
            assert people[child.father].family == child.family
        if child.spouse is not None:
            assert people[child.spouse].spouse == child.number


def test_every_birth_in_the_window_has_a_mother_in_hospital_and_a_child_without_a_name(
    population: Population,
) -> None:
    born = [each for each in population.pregnancies if each.child is not None]
    assert len(born) >= 5
    stays = {(each.resident, each.start.date()) for each in population.visits if each.kind == "birth"}
    newborn = {each.resident for each in population.registrations if each.quirk == "newborn"}
    for each in born:
        assert (each.mother, each.end) in stays
        assert each.child in newborn


@pytest.fixture(scope="module")
def town(county: County) -> list[tuple[Resident, list[Course]]]:
    """Four thousand residents with their chronic conditions: enough for shares."""
    _, people = settle(county, 11, 4000, date(2019, 12, 28), UNTIL)
    return [(person, chronic_courses(county, 11, person, UNTIL)) for person in people]


@pytest.mark.parametrize(
    ("condition", "youngest", "oldest", "low", "high"),
    [
        ("I10.x00x002", 60, 120, 0.50, 0.68),
        ("I10.x00x002", 18, 40, 0.01, 0.12),
        ("E11.900", 60, 120, 0.15, 0.27),
        ("E11.900", 0, 18, 0.0, 0.005),
        ("J44.900", 60, 120, 0.07, 0.20),
        ("E78.500", 50, 120, 0.17, 0.33),
    ],
)
def test_the_share_of_the_sick_is_plausible_for_their_age(
    town: list[tuple[Resident, list[Course]]],
    condition: str,
    youngest: int,
    oldest: int,
    low: float,
    high: float,
) -> None:
    having = [
        any(course.condition == condition for course in courses)
        for person, courses in town
        if youngest <= age_on(person.birth, UNTIL) < oldest
    ]
    assert low <= sum(having) / len(having) <= high


def test_diabetes_and_hypertension_go_together(town: list[tuple[Resident, list[Course]]]) -> None:
    old = [
        {each.condition for each in courses} for person, courses in town if age_on(person.birth, UNTIL) > 50
    ]
    diabetic = [each for each in old if "E11.900" in each]
    others = [each for each in old if "E11.900" not in each]
    share = sum("I10.x00x002" in each for each in diabetic) / len(diabetic)
    assert share > 1.2 * sum("I10.x00x002" in each for each in others) / len(others)


def test_deaths_are_as_many_as_in_a_county_and_mostly_of_the_old(
    town: list[tuple[Resident, list[Course]]],
) -> None:
    ages = [age_on(person.birth, person.death) for person, _ in town if person.death]
    assert 4 <= 1000 * len(ages) / len(town) / 6 <= 16
    assert sum(age > 60 for age in ages) > 0.7 * len(ages)


def values(population: Population, test: str, ill: str | None) -> list[float]:
    found: list[float] = []
    for visit in population.visits:
        has = {each.condition: each for each in population.courses[visit.resident]}
        day = visit.start.date()
        matches = ill in has and has[ill].onset < day if ill else "E11.900" not in has
        if matches and visit.kind in {"follow_up", "check"}:
            found += [each.value for each in visit.readings if each.test == test]
    return found


def test_diabetics_have_high_glycated_haemoglobin_and_others_do_not(population: Population) -> None:
    ill = values(population, "4548-4", "E11.900")
    assert 6.4 < sum(ill) / len(ill) < 8.6
    well = values(population, "14771-0", None)
    assert 4.6 < sum(well) / len(well) < 5.8


def test_children_grow(population: Population) -> None:
    heights: dict[int, list[float]] = {}
    for visit in population.visits:
        if visit.kind == "child":
            heights.setdefault(visit.resident, []).extend(
                each.value for each in visit.readings if each.test == "8302-2"
            )
    assert len(heights) > 10
    assert all(series == sorted(series) for series in heights.values())


def test_children_have_most_of_the_national_schedule(population: Population) -> None:
    schedule = population.county.vaccines
    due = 0
    given = Counter(visit.resident for visit in population.visits for _ in visit.doses)
    had = 0
    for person in population.residents:
        months = age_on(person.birth, UNTIL) * 12 - 3
        if 12 <= months < 72 and person.birth >= population.since and person.mother is not None:
            due += sum(each.programme == "national" and each.month <= months for each in schedule)
            had += given[person.number]
    assert due > 50
    assert 0.85 <= had / due <= 1.1


def test_files_depart_from_the_truth_in_known_ways(population: Population) -> None:
    quirks = Counter(each.quirk for each in population.registrations)
    assert set(quirks) == {"", "card_only", "no_keys", "bad_id", "old_id", "borrowed_id", "newborn"}
    assert quirks[""] > 0.8 * len(population.registrations)
    people = population.residents
    for file in population.registrations:
        if file.quirk == "borrowed_id":
            person = people[file.resident]
            lent = {
                people[kin].id_number
                for kin in (person.mother, person.father, person.spouse)
                if kin is not None
            }
            assert file.id_number in lent
            assert file.health_card == person.health_card
        if file.quirk in {"no_keys", "newborn"}:
            assert (file.id_number, file.health_card) == (None, None)


def test_a_resident_has_another_number_at_each_institution(population: Population) -> None:
    files = Counter((each.org, each.local) for each in population.registrations)
    assert max(files.values()) == 1
    orgs = Counter(each.resident for each in population.registrations)
    assert 2 <= sum(orgs.values()) / len(orgs) <= 5
