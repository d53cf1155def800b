"""Write the reference of the logical models.

python -m tools.model_pages
"""

from __future__ import annotations

from pathlib import Path

from kangshu.kernel.lake.model import Column, Model, Models, read_models
from tools.model_schemas import FOLDER

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "models.md"


def page(models: Models) -> str:
    """The page: every model with its columns, then the code sets."""
    lines = [
        "# Logical models",
        "",
        "Written by `python -m tools.model_pages` from `packs/standards/logical_models`.",
        "Each model has its JSON Schema there.",
        "A feed promises models; see [Send tables](../how-to/send-tables.md).",
        "",
    ]
    for model in models.by_name.values():
        lines += _model(model)
    lines += ["## Code sets", "", "| set | codes |", "|---|---|"]
    lines += [
        f"| {name} | {', '.join(f'{code} {title}' for code, title in codes.items())} |"
        for name, codes in models.codes.items()
    ]
    return "\n".join(lines) + "\n"


def _model(model: Model) -> list[str]:
    lines = [
        f"## {model.name} {model.title}",
        "",
        f"{model.title_en}. {model.basis}. Key: {', '.join(model.key)}.",
        "",
    ]
    lines += _columns(model.columns)
    for part in model.parts:
        lines += [f"### {part.name} {part.title}", "", *_columns(part.columns)]
    return lines


def _columns(columns: tuple[Column, ...]) -> list[str]:
    rows = [f"| {each.name} | {each.title} | {each.type} | {each.need} | {each.codes} |" for each in columns]
    return ["| column | title | type | filled | codes |", "|---|---|---|---|---|", *rows, ""]


if __name__ == "__main__":
    PAGE.write_text(page(read_models(FOLDER)), "utf-8")
