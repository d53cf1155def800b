SELECT p.id AS unit, p.birth AS happened, p.town, p.sex, 1 AS denominator,
  max(CASE WHEN e.id IS NOT NULL THEN 1 ELSE 0 END) AS numerator
FROM patient AS p
LEFT JOIN encounter AS e ON e.patient = p.id AND e.class = 'HH' AND e.recorded <= CAST($as_of AS TIMESTAMP)
  AND e.started >= p.birth AND date_diff('day', p.birth, e.started) <= CAST($within AS INTEGER)
WHERE p.birth IS NOT NULL AND p.recorded <= CAST($as_of AS TIMESTAMP)
GROUP BY p.id, p.birth, p.town, p.sex
