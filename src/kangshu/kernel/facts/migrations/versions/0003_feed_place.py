"""How far each reader of the change feed has come."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0003_feed_place"
down_revision = "0002_local_codes"

SCHEMA = Path(__file__).parents[2] / "schema" / "feed_place.sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute(SCHEMA.read_text("utf-8"))
