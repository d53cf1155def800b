"""The addresses of evaluation: index, resources and fairness, assessment of hospitals; and their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.index import index, index_file
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.performance import performance, performance_file
from kangshu.interfaces.web.portal.resources import resources, resources_file

ShowPage = Callable[[Platform, Call], Page]
MakeFile = Callable[[Platform, Call], tuple[str, str, bytes]]
"""A file: name, media type, content."""

_PAGES: Mapping[str, ShowPage] = {
    "/index": index,
    "/index/{place}": index,
    "/resources/{place}": resources,
    "/performance/{place}": performance,
    "/performance/{place}/{list}": performance,
}
_FILES: Mapping[str, MakeFile] = {
    "/index/{place}": index_file,
    "/resources/{place}": resources_file,
    "/performance/{place}/{list}": performance_file,
}


def evaluation_routes(
    shows: Callable[[ShowPage], Callable[[Request], object]],
    hands_out: Callable[[MakeFile], Callable[[Request], Response]],
) -> list[Route]:
    """The routes; who asks and what becomes of errors is the business of what makes endpoints."""
    return [
        *(Route(path, shows(page)) for path, page in _PAGES.items()),
        *(Route(f"{path}/{{drawing}}.{{form}}", hands_out(make)) for path, make in _FILES.items()),
    ]
