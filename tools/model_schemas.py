"""Write the JSON Schema of every logical model beside it.

python -m tools.model_schemas
"""

from __future__ import annotations

import json
from pathlib import Path

from kangshu.kernel.lake.json_schema import json_schema
from kangshu.kernel.lake.model import read_models
from kangshu.kernel.packs.find import default_root

FOLDER = default_root() / "standards" / "logical_models"


def written(folder: Path = FOLDER) -> dict[Path, str]:
    """The text of each schema, by the file it belongs in."""
    models = read_models(folder)
    return {
        folder / f"{name}.schema.json": json.dumps(json_schema(model, models), ensure_ascii=False, indent=2)
        + "\n"
        for name, model in models.by_name.items()
    }


if __name__ == "__main__":
    for path, text in written().items():
        path.write_text(text, "utf-8")
