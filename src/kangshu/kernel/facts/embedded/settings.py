"""The settings of an embedded server."""

from __future__ import annotations

import psycopg
from psycopg import sql

# For one machine that is also doing the computing; a city's own server is tuned by its keepers.
SETTINGS = {
    "shared_buffers": "1GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "off",
    "gin_pending_list_limit": "4MB",
    "random_page_cost": "1.1",
    "effective_cache_size": "8GB",
    "max_connections": "200",
    "jit": "off",
    "default_statistics_target": "200",
    "autovacuum_vacuum_insert_scale_factor": "0.1",
    # Statistics of a large table take seconds: not anew for every twentieth that a load adds to it. But soon
    # at first; without any, a search of one type for what others refer to can take minutes.
    "autovacuum_analyze_scale_factor": "0.5",
    "autovacuum_naptime": "1min",
    "track_activity_query_size": "1024",
    "log_min_error_statement": "panic",
    "log_min_messages": "fatal",
    "log_parameter_max_length_on_error": "0",
}


def tune(admin: str) -> None:
    """Write the settings down in the server; they hold from its next start."""
    with psycopg.connect(admin, autocommit=True) as connection:
        for name, value in SETTINGS.items():
            connection.execute(
                sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
            )
