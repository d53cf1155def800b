SELECT unit, 'started' AS field FROM encounter
WHERE status IN ('in-progress', 'onleave', 'finished') AND started > received + INTERVAL 1 DAY
