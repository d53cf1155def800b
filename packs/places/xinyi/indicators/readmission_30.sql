SELECT e.id AS unit, e.ended AS happened, 1 AS denominator, e.institution, e.recorded,
  CASE WHEN EXISTS (
    SELECT 1 FROM encounter AS next
    WHERE next.patient = e.patient AND next.class = 'IMP' AND next.id <> e.id AND next.started >= e.ended
      AND date_diff('day', e.ended, next.started) <= CAST($days AS INTEGER)
      AND next.started <= CAST($on AS DATE)
  ) THEN 1 ELSE 0 END AS numerator
FROM encounter AS e
WHERE e.class = 'IMP' AND e.ended IS NOT NULL
