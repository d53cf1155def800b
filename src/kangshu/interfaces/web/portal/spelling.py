"""How dates, numbers, ages and doses are spelt in each language."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from kangshu.domains.record.entry import Dosage
from kangshu.domains.record.moment import BEIJING, Moment, parse_moment
from kangshu.interfaces.web.portal.words import Words

SHOWN_DECIMALS = 2
"""A measured value is shown rounded to this in tables and charts; the entry page shows it as sent."""


def moment_text(moment: Moment | None, words: Words) -> str:
    """`2024-03-05`, `2024-03`, `2024`; a dash where nothing is known."""
    if moment is None:
        return words.say("date.unknown")
    if moment.precision == "year":
        return f"{moment.at:%Y}"
    return f"{moment.at:%Y-%m}" if moment.precision == "month" else f"{moment.at:%Y-%m-%d}"


def time_text(moment: Moment | None, words: Words) -> str:
    """With the time of day where the source gave one."""
    day = moment_text(moment, words)
    return f"{day} {moment.at:%H:%M}" if moment and moment.precision == "minute" else day


def stamped_text(text: str) -> str:
    """A FHIR instant or dateTime in Beijing time; any other text as it is."""
    moment = parse_moment(text) if "T" in text and text[:1].isdigit() else None
    return f"{moment.at:%Y-%m-%d %H:%M}" if moment else text


def stamp_text(stamp: datetime) -> str:
    """A moment of the platform's own clock, Beijing time."""
    return f"{stamp.astimezone(BEIJING):%Y-%m-%d %H:%M}"


def span_text(first: Moment | None, last: Moment | None, words: Words) -> str:
    """`2019-04-02 – 2024-03-05`; one date where both are the same or one is missing."""
    begun, ended = moment_text(first or last, words), moment_text(last or first, words)
    return begun if begun == ended else f"{begun} – {ended}"


def number_text(value: Decimal) -> str:
    """Rounded half up to SHOWN_DECIMALS, digits the source did not give not added."""
    places = -int(value.normalize().as_tuple().exponent)
    if places > SHOWN_DECIMALS:
        value = value.quantize(Decimal(1).scaleb(-SHOWN_DECIMALS), ROUND_HALF_UP)
    return format(value, "f")


def value_text(text: str) -> str:
    """A quantity in words, its number rounded for reading: `175.6073 cm` -> `175.61 cm`."""
    number, _, unit = text.partition(" ")
    if number.replace(".", "", 1).replace("-", "", 1).isdigit() and "." in number:
        return " ".join(part for part in (number_text(Decimal(number)), unit) if part)
    return text


def dosage_text(dosages: tuple[Dosage, ...], words: Words) -> str:
    """How to take it; the source's own wording where it gave one."""
    return words.say("dosage.then").join(filter(None, (_one_dosage(dosage, words) for dosage in dosages)))


def _one_dosage(dosage: Dosage, words: Words) -> str:
    if dosage.text:
        return dosage.text
    parts: list[str] = []
    if dosage.dose:
        parts.append(words.say("dosage.dose", dose=dosage.dose))
    if dosage.times and dosage.every_unit:
        key = f"dosage.every_{dosage.every_unit}" if dosage.every in ("", "1") else "dosage.every"
        unit = words.say_or(f"period.{dosage.every_unit}", dosage.every_unit)
        fallback = words.say("dosage.every", times=dosage.times, every=dosage.every, unit=unit)
        single = words.say_or(key, "").format(times=dosage.times) if key != "dosage.every" else ""
        parts.append(single or fallback)
    if dosage.route:
        parts.append(dosage.route)
    if dosage.as_needed:
        parts.append(words.say("dosage.as_needed"))
    return words.say("dosage.and").join(parts)
