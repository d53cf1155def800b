SELECT unit, 'started' AS field FROM encounter
WHERE started_day < birth OR started_day > death + CAST($days AS INTEGER)
