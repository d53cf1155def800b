SELECT unit, 'department' AS field FROM encounter WHERE department IS NULL AND status IN ('in-progress', 'onleave', 'finished')
