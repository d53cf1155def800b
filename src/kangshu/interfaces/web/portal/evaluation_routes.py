"""The addresses of evaluation: index, resources and fairness, assessment of hospitals; and their files."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.routing import Route

from kangshu.interfaces.web.portal.gate import Gate, MakeFile, ShowPage
from kangshu.interfaces.web.portal.index import index, index_file
from kangshu.interfaces.web.portal.performance import performance, performance_file
from kangshu.interfaces.web.portal.resources import resources, resources_file

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


def evaluation_routes(gate: Gate) -> list[Route]:
    """The routes, each behind the gate."""
    return [
        *(Route(path, gate.shows(page)) for path, page in _PAGES.items()),
        *(Route(f"{path}/{{drawing}}.{{form}}", gate.hands_out(make)) for path, make in _FILES.items()),
    ]
