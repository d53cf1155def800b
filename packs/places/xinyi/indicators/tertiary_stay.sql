SELECT e.id AS unit, e.ended AS happened, greatest(1, date_diff('day', e.started, e.ended)) AS numerator,
  1 AS denominator, e.institution, e.recorded
FROM encounter AS e JOIN organization AS o ON o.id = e.institution JOIN institution_level AS l ON l.level = o.level
WHERE e.class = 'IMP' AND l.tier = 'hospital' AND l.grade = '3' AND e.ended IS NOT NULL AND e.ended >= e.started
