"""Arrow comes without types: it is named here once, as what the type checker cannot see into."""

from __future__ import annotations

from typing import Any

import pyarrow  # pyright: ignore[reportMissingTypeStubs]  # noqa: ICN001
import pyarrow.parquet  # pyright: ignore[reportMissingTypeStubs]

pa: Any = pyarrow
pq: Any = pyarrow.parquet

Arrow = Any
"""A table, a reader of batches or a dataset of Arrow."""
