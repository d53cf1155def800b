"""Languages a reader wants names in, most wanted first: the form of the Accept-Language header."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Languages:
    """What was asked for, parsed. An empty one stands for no wish.

    wanted     tags in the order of their weight
    only       anything else is refused (`*; q=0`, or no `*` at all where a name must be in the language)
    any_other  `*`: any other language will do if none of the wanted is there
    text       as it was asked
    """

    wanted: tuple[str, ...] = ()
    only: bool = False
    any_other: bool = False
    text: str = ""

    @property
    def told(self) -> str:
        """As it is told in an answer: weights spelled the one way."""
        parts = [part.strip() for part in self.text.split(",")]
        return ",".join(f" {part}" if ";" in part else part for part in parts).lstrip()

    def __bool__(self) -> bool:
        return bool(self.wanted)


NO_WISH = Languages()


@lru_cache(maxsize=256)
def parse_languages(text: str) -> Languages:
    """Languages from `de-CH, de;q=0.8, *;q=0`. What cannot be read is passed over."""
    weighted: list[tuple[float, int, str]] = []
    for number, part in enumerate(text.split(",")):
        tag, _, rest = part.strip().partition(";")
        weight = _weight(rest)
        if tag.strip() and weight is not None:
            weighted.append((-weight, number, tag.strip()))
    tags = [(tag, -weight) for weight, _, tag in sorted(weighted)]
    return Languages(
        wanted=tuple(tag for tag, weight in tags if tag != "*" and weight > 0),
        only=any(tag == "*" and weight == 0 for tag, weight in tags),
        any_other=any(tag == "*" and weight > 0 for tag, weight in tags),
        text=text,
    )


def covers(wanted: str, language: str) -> bool:
    """Whether a name in `language` serves who wants `wanted`: the same, or a variant (`de`: `de-CH`)."""
    return language.lower() == wanted.lower() or language.lower().startswith(f"{wanted.lower()}-")


def _weight(parameters: str) -> float | None:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value.strip())
    except ValueError:
        return None
