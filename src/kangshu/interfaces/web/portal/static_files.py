"""The stylesheets, scripts and drawings of the portal, as browsers keep them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kangshu.interfaces.web.portal.chart import browser_bundle

_STATIC = Path(__file__).parent / "static"
_MEDIA = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def static_file(request: Request) -> Response:
    """A stylesheet, script or drawing of the portal. Raises `HTTPException` 404, which has a page."""
    name = request.path_params["name"]
    try:
        content, tag = _static(name)
    except KeyError:
        raise HTTPException(404) from None
    headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=_MEDIA[Path(name).suffix], headers=headers)


@cache
def _static(name: str) -> tuple[bytes, str]:
    if name == "vega.js":
        content = browser_bundle()
    else:
        path = _STATIC / name
        if path not in _STATIC.iterdir() or path.suffix not in _MEDIA:
            raise KeyError(name)
        content = path.read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:20]}"'
