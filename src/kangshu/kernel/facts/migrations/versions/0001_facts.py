"""The journal, the facts, the persons, the access log, row-level security."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0001"
down_revision = None

SCHEMA = Path(__file__).parents[2] / "schema"


def upgrade() -> None:
    # Past SQLAlchemy, which would take the % of these texts for placeholders.
    driver: Any = op.get_bind().connection.driver_connection
    assert driver is not None
    for name in ("facts", "access_log", "row_security"):
        driver.execute((SCHEMA / f"{name}.sql").read_text("utf-8"))
