WITH touched AS (
  SELECT patient, year AS y FROM contact_year WHERE recorded <= CAST($as_of AS TIMESTAMP)
), year_end AS (
  -- Years of which nothing has come are not known: no zeros.
  SELECT day FROM (
    SELECT CAST(unnest(generate_series(DATE '2021-12-31', CAST($on AS DATE), INTERVAL 1 YEAR)) AS DATE) AS day
  ) AS days
  WHERE year(day) IN (SELECT y FROM touched)
)
SELECT p.id AS unit, year_end.day AS happened, p.town, p.sex, 1 AS denominator,
  CASE WHEN t.patient IS NOT NULL THEN 1 ELSE 0 END AS numerator
FROM patient AS p JOIN year_end ON (p.birth IS NULL OR p.birth <= year_end.day) AND (p.death IS NULL OR p.death > year_end.day)
  AND (p.moved_in IS NULL OR p.moved_in <= year_end.day) AND (p.moved_out IS NULL OR p.moved_out > year_end.day)
LEFT JOIN touched AS t ON t.patient = p.id AND t.y = year(year_end.day)
WHERE p.recorded <= CAST($as_of AS TIMESTAMP)
