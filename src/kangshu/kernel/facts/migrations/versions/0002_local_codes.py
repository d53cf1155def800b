"""The work list of local codes."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0002_local_codes"
down_revision = "0001"

SCHEMA = Path(__file__).parents[2] / "schema" / "local_codes.sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute(SCHEMA.read_text("utf-8"))
