"""The last search, kept for a while in the browser that made it.

A search is posted, so that no personal data stands in an address, and answered by a redirect, so that
going back from a record does not ask to send the form again. What was typed waits in a cookie that
scripts cannot read, that goes nowhere but to the search page, and that only the same user can use.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, cast

COOKIE = "kangshu_search"
PATH = "/residents"
SECONDS = 15 * 60

_FIELDS = ("q", "born", "sex")
_LONGEST = 200


def remembered(user: str, form: Mapping[str, str]) -> str:
    """The cookie for what a user typed."""
    typed = {name: form[name][:_LONGEST] for name in _FIELDS if form.get(name)}
    return base64.urlsafe_b64encode(json.dumps([user, typed]).encode()).decode()


def recalled(user: str, cookie: str | None) -> dict[str, str]:
    """What the user typed; empty if the cookie is somebody else's, or is none of ours."""
    try:
        found: Any = json.loads(base64.urlsafe_b64decode(cookie or ""))
    except ValueError:
        return {}
    if not isinstance(found, list) or cast("list[Any]", found)[:1] != [user]:
        return {}
    typed: Any = cast("list[Any]", found)[-1]
    if not isinstance(typed, dict):
        return {}
    return {name: str(value) for name, value in cast("dict[str, Any]", typed).items() if name in _FIELDS}
