"""A synthetic city in the running installation: invented, and landed as its data centre would send it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kangshu.app.platform import Platform
from kangshu.app.tables import MACROS
from kangshu.domains.intake.tally import Tally
from kangshu.domains.synthetic.city.place import Place
from kangshu.domains.synthetic.city.write import Delivery, Progress


def read_place(packs: Path) -> Place:
    """The place pack of the city, and what it builds on."""
    functions = (packs / "standards" / "cn_identifiers" / MACROS).read_text("utf-8")
    return Place(packs / "places" / "demo_city", packs / "places" / "demo_county", functions)


def land_city(platform: Platform, place: Place, files: Sequence[Delivery], progress: Progress) -> Tally:
    """Land files of a city, each as a message of its data centre. Again: nothing changes."""
    source: str = place.settings()["source"]
    tally = Tally()
    for number, each in enumerate(files, 1):
        _, of_file = platform.intake.deliveries.land(source, each.feed, each.path)
        tally.add(of_file)
        progress(number, len(files))
    return tally
