"""What every FHIR handler works with."""

from __future__ import annotations

from dataclasses import dataclass

from kangshu.app.platform import Platform
from kangshu.interfaces.web.fhir.elements import Elements
from kangshu.interfaces.web.fhir.export_jobs import ExportJobs
from kangshu.kernel.facts.extract import Extractor


@dataclass(frozen=True, slots=True)
class Service:
    """The platform behind the interface, and what the interface knows itself.

    `extractor` finds the references of a resource for `_include`; `oauth` names the addresses of
    the authorization server for the capability statement ("authorize", "token"), below the root.
    """

    platform: Platform
    elements: Elements
    extractor: Extractor
    exports: ExportJobs
    oauth: dict[str, str]
