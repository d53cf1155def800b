"""Small forms: `application/x-www-form-urlencoded`, a few fields, a few kilobytes."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from kangshu.kernel.base.errors import Invalid, TooCostly

_MOST_BYTES = 64 * 1024
_MOST_FIELDS = 50


async def read_form(request: Request) -> dict[str, str]:
    """The fields of the form; of a field that comes twice, the last. Raises `Invalid`, `TooCostly`."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise Invalid("The body is not a form.", remedy="Send application/x-www-form-urlencoded.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise TooCostly("The form is too large.", remedy=f"Send at most {_MOST_BYTES} bytes.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise Invalid("The body is not a form in UTF-8.") from error
    return dict(pairs)
