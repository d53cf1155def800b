SELECT e.id AS unit, e.started AS happened, e.institution, e.town, e.recorded, 1 AS denominator,
  CASE l.tier WHEN 'primary' THEN 1 WHEN 'hospital' THEN 0 END AS numerator
FROM encounter AS e LEFT JOIN organization AS o ON o.id = e.institution
LEFT JOIN institution_level AS l ON l.level = o.level
WHERE e.class IN ('AMB', 'EMER', 'HH')
