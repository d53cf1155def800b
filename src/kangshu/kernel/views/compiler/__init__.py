"""From a ViewDefinition to one SELECT of DuckDB."""
