"""The choice of the language."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from kangshu.interfaces.web.portal.answers import led_to, refused
from kangshu.interfaces.web.portal.form import read_form
from kangshu.interfaces.web.portal.refusal import refusal_of
from kangshu.interfaces.web.portal.words import COOKIE, LANGUAGES
from kangshu.kernel.base.errors import KangshuError

_YEAR = 365 * 24 * 3600


async def change_language(request: Request) -> Response:
    """Remember the chosen language and go back to where the reader was."""
    try:
        form = await read_form(request)
    except KangshuError as error:
        return refused(request, refusal_of(error), demo=False)
    chosen, back = form.get("language"), form.get("back", "")
    path = back if back.startswith("/") and back[1:2] not in ("/", "\\") else "/"
    answer = led_to(path)
    if chosen in LANGUAGES:
        answer.set_cookie(COOKIE, chosen, max_age=_YEAR, samesite="lax", httponly=True)
    return answer
