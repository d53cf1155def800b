SELECT unit, 'started' AS field FROM encounter WHERE start_written IS NULL AND status <> 'planned'
