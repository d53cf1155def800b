"""Standard codes that a local one may mean, the likeliest first, each with its reasons.

What is compared: the code itself, the name, how the name sounds (pinyin: homophones are the commonest slip of
Chinese input, and some systems keep pinyin for names), the unit, and what other institutions decided.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pypinyin.constants import PINYIN_DICT
from rapidfuzz import fuzz, process

from kangshu.kernel.codes.code_system import CodeSystem, Concept

_SHORTLIST = 60
_NAME, _SOUND, _CODE, _UNIT, _OTHERS = 0.55, 0.25, 0.20, 0.10, 0.35
"""What the reasons weigh. What others decided may lift a suggestion above one that is only alike."""

_ORDER = 0.9
"""What the same signs in another order are worth (`糖尿病2型`, `2型糖尿病`)."""

_LEAST = 0.30
"""Below this a suggestion is noise."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A standard code with its score (0 to 1) and what speaks for it: reason -> strength (0 to 1)."""

    code: str
    display: str
    score: float
    reasons: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Index:
    """The names of a code system, ready to be compared. Made once per system and version."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    sounds: tuple[str, ...]
    letters: tuple[str, ...]
    concepts: Mapping[str, Concept]


def index_of(system: CodeSystem) -> Index:
    """Everything of the system that may be chosen."""
    found = [
        each
        for each in system.concepts.values()
        if each.display and not system.is_abstract(each) and not system.is_inactive(each)
    ]
    return Index(
        codes=tuple(each.code for each in found),
        names=tuple(_plain(each.display) for each in found),
        sounds=tuple(sound_of(each.display) for each in found),
        letters=tuple(_letters(_plain(each.display)) for each in found),
        concepts={each.code: each for each in found},
    )


def suggest(
    index: Index,
    *,
    code: str,
    display: str,
    unit: str = "",
    others: Sequence[tuple[str, str, int]] = (),
    same_kind: Callable[[str, str], bool] = str.__eq__,
    limit: int = 8,
) -> list[Suggestion]:
    """The likeliest standard codes. `others` are (code, name, institutions) decided elsewhere;
    `same_kind` says whether two units measure the same."""
    name, sound = _plain(display), sound_of(display)
    numbers = _shortlist(index, name, sound)
    wanted = {index.codes[number]: number for number in numbers}
    wanted |= {each: n for n, each in enumerate(index.codes) if _code_strength(code, each) > 0}
    elsewhere = {each: institutions for each, _, institutions in others}
    wanted |= {each: index.codes.index(each) for each in elsewhere if each in index.concepts}
    most = max(elsewhere.values(), default=1)
    found: list[Suggestion] = []
    for each, number in wanted.items():
        reasons = {
            "name": _alike(name, index.names[number]),
            "sound": _alike(sound, index.sounds[number]),
            "code": _code_strength(code, each),
            "unit": _unit_strength(index.concepts[each], unit, same_kind),
            "others": elsewhere.get(each, 0) / most,
        }
        found.append(_suggestion(index.concepts[each], reasons, _weights(name)))
    good = [each for each in found if each.score >= _LEAST]
    return sorted(good, key=lambda each: (-each.score, each.code))[:limit]


def _weights(name: str) -> Mapping[str, float]:
    """What the reasons weigh: without a name the code speaks alone, a name in pinyin speaks by its sound."""
    weights = {"name": _NAME, "sound": _SOUND, "code": _CODE, "unit": _UNIT, "others": _OTHERS}
    if not name:
        return {**weights, "code": _NAME + _SOUND}
    return {**weights, "name": 0.0, "sound": _NAME + _SOUND} if name.isascii() else weights


def _suggestion(concept: Concept, reasons: Mapping[str, float], weights: Mapping[str, float]) -> Suggestion:
    score = min(1.0, sum(weights[reason] * strength for reason, strength in reasons.items()))
    told = {reason: round(strength, 2) for reason, strength in reasons.items() if strength > 0.5}
    return Suggestion(concept.code, concept.display, round(score, 3), told)


def _shortlist(index: Index, name: str, sound: str) -> list[int]:
    by_name = _best(name, index.names) if name else []
    by_sound = _best(sound, index.sounds) if sound else []
    by_letters = _best(_letters(name), index.letters) if name else []
    return list(dict.fromkeys([*by_name, *by_sound, *by_letters]))


def _best(text: str, among: Sequence[str]) -> list[int]:
    found: Iterable[tuple[Any, float, int]] = process.extract(
        text, among, scorer=fuzz.ratio, limit=_SHORTLIST, score_cutoff=30
    )
    return [number for _, _, number in found]


def _alike(one: str, other: str) -> float:
    """How alike two names are: as a whole and as one within the other, or whatever their order."""
    if not one or not other:
        return 0.0
    in_order = 0.7 * fuzz.ratio(one, other) + 0.3 * fuzz.partial_ratio(one, other)
    return max(in_order, _ORDER * fuzz.ratio(_letters(one), _letters(other))) / 100


def _code_strength(code: str, standard: str) -> float:
    if code.upper() == standard.upper():
        return 1.0
    bare, other = _bare(code), _bare(standard)
    if len(bare) >= 3 and bare == other:
        return 0.9
    return 0.6 if len(bare) >= 4 and other.startswith(bare) else 0.0


def _bare(code: str) -> str:
    """A code without what editions write differently: the point, and filling at the end."""
    return code.upper().replace(".", "").rstrip("X0")


def _unit_strength(concept: Concept, unit: str, same_kind: Callable[[str, str], bool]) -> float:
    units = [str(each.value) for each in concept.properties if each.code == "unit"]
    return 1.0 if unit and any(same_kind(unit, each) for each in units) else 0.0


# -- how a name sounds


def sound_of(text: str) -> str:
    """The name in pinyin without tones; letters and digits as they are, everything else left out."""
    return "".join(_sound(character) for character in text)


@lru_cache(maxsize=40_000)
def _sound(character: str) -> str:
    readings = PINYIN_DICT.get(ord(character))
    if readings:
        spelled = unicodedata.normalize("NFD", readings.partition(",")[0])
        return "".join(letter for letter in spelled if letter.isascii())
    return character.lower() if character.isascii() and character.isalnum() else ""


def _letters(text: str) -> str:
    """The signs of a name in one fixed order."""
    return "".join(sorted(text))


def _plain(text: str) -> str:
    """A name without blanks and marks, in lower case."""
    return "".join(character for character in text.lower() if character.isalnum())
