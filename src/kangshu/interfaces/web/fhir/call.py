"""A FHIR request and its answer, free of the web framework.

Handlers are functions from a `Service` and a `Call` to an `Answer`; an entry of a batch is a call
like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kangshu.kernel.policies.definition import Principal

if TYPE_CHECKING:
    from kangshu.interfaces.web.fhir.service import Service

FHIR_JSON = "application/fhir+json; charset=utf-8"

Params = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    segments  the path below the base, decoded (`("Patient", "123")`)
    params    the URL's parameters, and those of a form, in order
    headers   names in lower case
    body      decompressed
    base      the absolute address of the service, without a slash at the end
    names     what the route named in the path (type, id, version, compartment, job, file)
    """

    principal: Principal
    purpose: str
    method: str
    segments: tuple[str, ...]
    params: Params
    headers: Mapping[str, str]
    body: bytes
    base: str
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    def header(self, name: str) -> str:
        """The value of a header, "" when it was not sent."""
        return self.headers.get(name, "")

    def param(self, name: str) -> str:
        """The last value of a parameter, "" when it was not sent."""
        for key, value in reversed(self.params):
            if key == name:
                return value
        return ""

    def values(self, name: str) -> list[str]:
        """Every value of a parameter, those joined by commas taken apart."""
        return [part for key, value in self.params if key == name for part in value.split(",") if part]

    def with_names(self, names: Mapping[str, str]) -> Call:
        return replace(self, names=names)

    @property
    def type(self) -> str:
        return self.names["type"]

    @property
    def id(self) -> str:
        return self.names["id"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a whole body, or chunks of a large one."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    media: str = FHIR_JSON
    chunks: Iterator[bytes] | None = None


Handler = Callable[["Service", Call], Answer]
