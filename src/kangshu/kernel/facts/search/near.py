"""`near`: places within a distance of a place, as a box around it (R4 leaves the precision to us)."""

from __future__ import annotations

from math import cos, radians

from kangshu.kernel.facts.search.escapes import split
from kangshu.kernel.facts.search.not_understood import NotUnderstood

_KILOMETRES = {"km": 1.0, "m": 0.001, "[mi_us]": 1.609344, "mi": 1.609344, "": 1.0}


def place_box(value: str) -> dict[str, tuple[float, float]]:
    """`latitude|longitude|distance|units` as degrees: bounds of `near:lat` and `near:lon`.

    Raises `NotUnderstood` for what is no place on Earth.
    """
    parts = split(value, "|")
    try:
        latitude, longitude = float(parts[0]), float(parts[1])
        distance = float(parts[2]) if len(parts) > 2 and parts[2] else 1.0
    except (ValueError, IndexError):
        raise NotUnderstood("value", "Written latitude|longitude|distance|units.") from None
    km = _KILOMETRES.get(parts[3] if len(parts) > 3 else "km")
    if km is None or not -90 <= latitude <= 90 or not -180 <= longitude <= 180 or not 0 <= distance < 1e6:
        raise NotUnderstood(
            "value", "Not a place on Earth, or not a unit of length known here (km, m, [mi_us])."
        )
    up = distance * km / 111.195
    across = up / max(cos(radians(latitude)), 0.01)
    return {"near:lat": (latitude - up, latitude + up), "near:lon": (longitude - across, longitude + across)}
