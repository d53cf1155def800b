"""The ViewDefinitions of packs: which there are, and each as it is written.

They are no resources of R4 and nothing stores them here; the SELECTs over them are Libraries of the type
`sql-view`.
"""

from __future__ import annotations

import orjson

from kangshu.app.view_catalogue import Json
from kangshu.interfaces.web.fhir.access import grant_for
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.negotiation import is_strict
from kangshu.interfaces.web.fhir.outcome import Issue, outcome
from kangshu.interfaces.web.fhir.paging import address
from kangshu.interfaces.web.fhir.representation import bundle, match_entry, outcome_entry
from kangshu.interfaces.web.fhir.service import Service
from kangshu.kernel.base.errors import Invalid, NotFound

_MEMBERS = {"_id": "id", "url": "url", "name": "name", "resource": "resource", "status": "status"}
"""Search parameter -> the member it looks at; a value is met exactly."""
_SHAPING = frozenset({"_format", "_pretty"})


def list_views(service: Service, call: Call) -> Answer:
    """A searchset of all, or of those that `_id`, `url`, `name`, `resource` and `status` choose."""
    grant_for(service, call, "search", "Library")
    unknown = sorted({name for name, _ in call.params} - _MEMBERS.keys() - _SHAPING)
    if unknown and is_strict(call):
        raise Invalid("The search has a parameter that is not known here.", code="not-supported")
    views = service.platform.view_catalogue.definitions.values()
    found = [each for each in views if _is_wanted(each, call)]
    entries = [
        match_entry(call.base, f"ViewDefinition/{each['id']}", orjson.dumps(each), "match") for each in found
    ]
    if unknown:
        note = Issue("warning", "not-supported", "A parameter is not known here and was ignored.")
        entries.append(outcome_entry(orjson.dumps(outcome([note]))))
    used = tuple((name, value) for name, value in call.params if name in _MEMBERS)
    links = [("self", address(f"{call.base}/ViewDefinition", used))]
    return Answer(200, bundle("searchset", entries, total=len(found), links=links))


def read_view(service: Service, call: Call) -> Answer:
    """One of them, by its id or name."""
    grant_for(service, call, "read", "Library")
    catalogue = service.platform.view_catalogue
    name = catalogue.name_of(call.names["view"])
    if name not in catalogue.definitions:
        raise NotFound(
            "This view is a SELECT and no ViewDefinition.", remedy="GET Library?name= with its name."
        )
    return Answer(200, orjson.dumps(catalogue.definitions[name]))


def _is_wanted(view: Json, call: Call) -> bool:
    return all(
        not asked or view.get(member, "") in asked
        for name, member in _MEMBERS.items()
        for asked in [call.values(name)]
    )
