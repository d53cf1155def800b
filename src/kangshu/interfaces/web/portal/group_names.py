"""What groups and strata are called: institutions by their name, sexes in words, towns as they are."""

from __future__ import annotations

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.indicator_charts import NameOf
from kangshu.interfaces.web.portal.words import Words


def stratum_title(stratum: str, words: Words) -> str:
    """What a stratum is called."""
    return words.say_or(f"stratum.{stratum}", stratum)


def names_in(platform: Platform, stratum: str, words: Words) -> NameOf:
    """How the groups of a stratum are called; one that is not known has a name too."""
    institution = platform.institutions.naming() if stratum == "institution" else None

    def name_of(group: str | None) -> str:
        if group is None:
            return words.say("cockpit.unknown_group")
        if institution is not None:
            return institution(group)
        return words.say_or(f"{stratum}.{group}", group)

    return name_of
