"""One view of an export, written to its file: rows of the grant, as of the moment the export began."""

from __future__ import annotations

from pathlib import Path

from kangshu.app.platform import Platform
from kangshu.interfaces.web.fhir.export_lines import write_whole
from kangshu.interfaces.web.fhir.export_state import ExportState, Output
from kangshu.kernel.policies.definition import Resource
from kangshu.kernel.views.parsing import parse_view


def export_view(platform: Platform, folder: Path, state: ExportState, name: str) -> Output:
    """Write the view of that output. Raises `Cancelled`, and what running a view raises.

    All views are read as of one moment, so their rows can be joined, whenever each was written.
    """
    number, wanted = next((at, each) for at, each in enumerate(state.views, start=1) if each.name == name)
    definition = parse_view(wanted.definition) if wanted.definition else None
    asked = Resource("fact", definition.resource if definition else None)
    grant = platform.policies.decide(state.principal, "export", asked, state.purpose)
    as_of = state.as_of or state.transaction_time
    file = f"{number}.{state.form}"

    def write(path: Path) -> int:
        if definition is None:
            return platform.views.write_named(wanted.view, grant, path, form=state.form, as_of=as_of)
        return platform.views.write(definition, grant, path, form=state.form, as_of=as_of)

    return Output(name, file, write_whole(folder / file, folder, write))
