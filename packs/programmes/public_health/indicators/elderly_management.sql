WITH done AS (
  SELECT o.patient, year(o.taken) AS y, count(DISTINCT e.item) AS items
  FROM observation AS o JOIN elderly_exam AS e ON e.code = o.code
  WHERE o.recorded <= CAST($as_of AS TIMESTAMP)
  GROUP BY o.patient, year(o.taken)
), needed AS (
  SELECT count(DISTINCT item) AS items FROM elderly_exam
), year_end AS (
  -- Years of which nothing has come are not known: no zeros.
  SELECT day FROM (
    SELECT CAST(unnest(generate_series(DATE '2021-12-31', CAST($on AS DATE), INTERVAL 1 YEAR)) AS DATE) AS day
  ) AS days
  WHERE year(day) IN (SELECT y FROM done)
)
SELECT p.id AS unit, year_end.day AS happened, p.town, p.sex, 1 AS denominator,
  CASE WHEN d.items >= needed.items THEN 1 ELSE 0 END AS numerator
FROM patient AS p JOIN year_end ON year(year_end.day) - year(p.birth) >= CAST($elderly AS INTEGER)
  AND (p.death IS NULL OR p.death > year_end.day)
  AND (p.moved_in IS NULL OR p.moved_in <= year_end.day) AND (p.moved_out IS NULL OR p.moved_out > year_end.day)
CROSS JOIN needed
LEFT JOIN done AS d ON d.patient = p.id AND d.y = year(year_end.day)
WHERE p.recorded <= CAST($as_of AS TIMESTAMP)
