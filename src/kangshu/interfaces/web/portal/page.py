"""What every page has: a template, a title, a place in the navigation; and how it becomes an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache, partial
from typing import Any, ClassVar, cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from kangshu.domains.record.entry import Dosage
from kangshu.domains.record.moment import Moment
from kangshu.interfaces.web.portal import spelling
from kangshu.interfaces.web.portal.drawing import script_of
from kangshu.interfaces.web.portal.words import Language, Words, words
from kangshu.kernel.policies.definition import Principal


@dataclass(frozen=True, slots=True)
class Page:
    """Base of every page context: its fields are what the template may use, besides `chrome`.

    `template` is a file of `templates/`, `title` and `section` are keys of the strings (`section` is the
    entry of the main navigation the page belongs to), `status` the HTTP status of the answer.
    """

    template: ClassVar[str]
    title: ClassVar[str]
    section: ClassVar[str] = ""

    @property
    def is_synthetic(self) -> bool:
        """Whether the facts on the page say of themselves that they are invented."""
        return False

    @property
    def status(self) -> int:
        """HTTP status."""
        return 200


@dataclass(frozen=True, slots=True)
class Call:
    """What a page is asked: by whom, in which language, where, with what.

    path   path of the request, to come back to after a change of language
    parts  values from the path; query: the last value of each name; form: what was typed into the search
    name_of  the name of a member of staff by their id, the id again where it is not known
    """

    principal: Principal
    words: Words
    path: str
    parts: Mapping[str, Any]
    query: Mapping[str, str]
    form: Mapping[str, str]
    now: datetime
    name_of: Callable[[str], str]

    def number(self, name: str) -> int | None:
        """A number from 0 in the query; None where there is none, or something else."""
        text = self.query.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


@dataclass(frozen=True, slots=True)
class NavItem:
    """A link of the main navigation; `label` is a key of the strings."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Chrome:
    """What surrounds the page: title, navigation, who is logged in and where they work, whether data is
    invented."""

    title: str
    path: str
    nav: tuple[NavItem, ...]
    user: Principal | None
    synthetic: bool
    place: str = ""


_NAV: Mapping[str, tuple[str, ...]] = {
    "resident": ("me",),
    "doctor": ("home", "residents", "quality"),
    "family_doctor": ("home", "residents", "quality"),
    "county_commission": ("home", "residents", "institutions", "quality", "plans", "evaluation", "views"),
    "city_commission": ("home", "residents", "institutions", "quality", "plans", "evaluation", "views"),
    "steward": ("home", "work_items", "local_codes", "residents", "institutions"),
    "operator": ("home", "quarantine", "views"),
    "overseer": ("home", "plans", "evaluation", "views", "access_log"),
    "client": (),
}
_HREF: Mapping[str, str] = {
    "home": "/",
    "residents": "/residents",
    "institutions": "/institutions",
    "work_items": "/work-items",
    "local_codes": "/local-codes",
    "quarantine": "/quarantine",
    "quality": "/quality",
    "plans": "/plans",
    "evaluation": "/index",
    "views": "/views",
    "access_log": "/access-log",
    "me": "/me",
}


def chrome_of(page: Page, user: Principal | None, path: str, *, demo: bool, place: str = "") -> Chrome:
    """The surroundings of a page for a user; `demo`: everything shown here is invented; `place`: where
    they work."""
    names = _NAV[user.role] if user else ()
    nav = tuple(NavItem(f"nav.{name}", _HREF[name], name == page.section) for name in names)
    return Chrome(page.title, path, nav, user, demo or page.is_synthetic, place)


def render(page: Page, chrome: Chrome, language: Language) -> str:
    """The page as HTML. A name the template uses and nobody gave is an error."""
    context = {field.name: getattr(page, field.name) for field in fields(page)}
    return environment(language).get_template(page.template).render(context | {"chrome": chrome})


@cache
def environment(language: Language) -> Environment:
    """Jinja with the words and spellings of one language."""
    said = words(language)
    jinja = Environment(
        loader=PackageLoader("kangshu.interfaces.web.portal", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = cast("dict[str, Any]", jinja.globals)  # pyright: ignore[reportUnknownMemberType]
    names.update(t=said.say, t_or=said.say_or, icon=_icon)
    cast("dict[str, Any]", jinja.filters).update(_filters(said))  # pyright: ignore[reportUnknownMemberType]
    return jinja


def _filters(said: Words) -> dict[str, Callable[..., str]]:
    def span(first: Moment | None, last: Moment | None) -> str:
        return spelling.span_text(first, last, said)

    def dosage(dosages: tuple[Dosage, ...]) -> str:
        return spelling.dosage_text(dosages, said)

    return {
        "day": partial(spelling.moment_text, words=said),
        "time": partial(spelling.time_text, words=said),
        "span": span,
        "stamped": spelling.stamped_text,
        "stamp": spelling.stamp_text,
        "script": script_of,
        "number": spelling.number_text,
        "value": spelling.value_text,
        "dosage": dosage,
    }


def _icon(name: str) -> Markup:
    return Markup(
        '<svg class="icon" aria-hidden="true"><use href="/static/portal/icons.svg#{}"/></svg>'
    ).format(name)
