"""Write the reference of the views of the packs.

python -m tools.view_pages
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kangshu.app.described_views import DescribedView, describe_views
from kangshu.app.relations import Relations
from kangshu.app.sound_views import read_relations
from kangshu.kernel.facts.catalogue_tables import read_catalogue
from kangshu.kernel.lake.model import Model, read_models
from kangshu.kernel.packs.find import default_root, find_packs
from kangshu.kernel.views.elements import parse_elements
from kangshu.kernel.views.view_set import OF_FACTS

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "views-of-packs.md"


def relations_of_packs() -> Relations:
    """What views of the packs read, without a database."""
    packs = find_packs(default_root())
    fhir = packs["fhir_r4"].folder
    elements = parse_elements((fhir / "elements.tsv").read_text("utf-8"))
    types = tuple(read_catalogue(fhir).types)
    return read_relations(packs, types, read_models(packs["logical_models"].folder), elements)


def page(relations: Relations) -> str:
    """The page: views over views first, then those over resources."""
    found = describe_views(relations)
    over_views = [view for view in found.values() if view.kind == "select"]
    over_resources = [view for view in found.values() if view.kind == "definition"]
    lines = [
        "# Views of the packs",
        "",
        "Written by `make docs` from the packs.",
        "[Make flat tables](../how-to/run-views.md) says how views are written and read.",
        "Any SELECT of a pack may also read a table of a [logical model](models.md) by its name.",
        "",
        "## Views over views and landed tables",
        "",
    ]
    lines += [line for view in over_views for line in _view(view, relations)]
    lines += ["## Views over FHIR resources", ""]
    lines += [line for view in over_resources for line in _view(view, relations)]
    return "\n".join(lines).rstrip() + "\n"


def _view(view: DescribedView, relations: Relations) -> Iterable[str]:
    key = f" Key: {', '.join(f'`{name}`' for name in view.key)}." if view.key else ""
    about = view.about if view.kind == "select" else f"{view.about}."
    yield from (f"### `{view.name}` {view.title}", "", f"{about}{key}", "")
    reads = ", ".join(_read(name, relations.models, relations) for name in view.needs)
    yield from (f"Reads {reads}.", "", "| column | type | meaning |", "|---|---|---|")
    yield from (f"| {each.name} | {each.type} | {each.meaning} |" for each in view.columns)
    yield ""


def _read(name: str, models: Mapping[str, Model], relations: Relations) -> str:
    if name in models:
        model = models[name]
        return f"`{name}` ({model.title})"
    if name.startswith(OF_FACTS):
        return f"facts of `{relations.types[name.removeprefix(OF_FACTS)]}`"
    return f"`{name}`"


if __name__ == "__main__":
    PAGE.write_text(page(relations_of_packs()), "utf-8")
