SELECT unit, 'ended' AS field FROM encounter
WHERE status = 'finished' AND class IN ('IMP', 'ACUTE', 'NONAC') AND ended_day IS NULL
