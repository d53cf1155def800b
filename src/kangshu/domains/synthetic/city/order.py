"""What city to invent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.base.toml import parse_toml

FEWEST, MOST, LONGEST = 200, 5_000_000, 10
_YEARS = range(1950, 2200)
_KEYS = {"residents": int, "seed": int, "first": date, "until": date}


@dataclass(frozen=True, slots=True)
class Order:
    """A city of `residents` on its `first` day, told up to and with the day `until`.

    The same order gives the same city. What happens on a day does not depend on what the last day is.
    """

    residents: int
    seed: int
    first: date
    until: date

    def __post_init__(self) -> None:
        if not FEWEST <= self.residents <= MOST:
            raise Invalid(
                f"A city of {self.residents:,} residents cannot be invented.",
                remedy=f"Ask for {FEWEST:,} to {MOST:,}.",
            )
        if not 0 <= self.seed < 1_000_000:
            raise Invalid("The seed is out of range.", remedy="Give a number from 0 to 999999.")
        if not self.first <= self.until or self.until.year - self.first.year > LONGEST:
            raise Invalid(
                f"A city cannot be told from {self.first} to {self.until}.",
                remedy=f"Ask for at most {LONGEST} years that end after they begin.",
            )

    def written(self) -> str:
        """As the file `city.toml` beside the data has it."""
        return (
            "# The synthetic city in this folder. `kangshu demo-city --day` reads and moves it on.\n"
            f"residents = {self.residents}\nseed = {self.seed}\nfirst = {self.first}\nuntil = {self.until}\n"
        )


def parse_order(text: str, where: str) -> Order:
    """Read what `written` wrote. Raises `Invalid`."""
    table = parse_toml(text, where)
    if {key: type(value) for key, value in table.items()} != _KEYS:
        raise Invalid(f"{where} does not describe a city.", remedy="Make the city again with --out.")
    return Order(**table)


def first_day(until: date, years: int) -> date:
    """The first day of so many years that end with `until`."""
    if not 1 <= years <= LONGEST:
        raise Invalid(f"{years} years cannot be told.", remedy=f"Ask for 1 to {LONGEST}.")
    if until.year not in _YEARS:
        raise Invalid(
            f"No city can be told until {until}.", remedy=f"Ask for the years {_YEARS[0]} to {_YEARS[-1]}."
        )
    after = date.fromordinal(until.toordinal() + 1)
    day = 28 if (after.month, after.day) == (2, 29) else after.day
    return after.replace(year=after.year - years, day=day)
