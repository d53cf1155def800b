WITH diagnosed AS (
  SELECT patient, onset FROM chronic_patient WHERE disease = 'hypertension' AND recorded <= CAST($as_of AS TIMESTAMP)
), followed AS (
  SELECT DISTINCT patient, year(taken) AS y FROM measurement
  WHERE code IN ('8480-6', '85354-9') AND recorded <= CAST($as_of AS TIMESTAMP)
), year_end AS (
  -- Years of which nothing has come are not known: no zeros.
  SELECT day FROM (
    SELECT CAST(unnest(generate_series(DATE '2021-12-31', CAST($on AS DATE), INTERVAL 1 YEAR)) AS DATE) AS day
  ) AS days
  WHERE year(day) IN (SELECT y FROM followed)
)
SELECT p.id AS unit, year_end.day AS happened, p.town, p.sex, CAST($prevalence AS DECIMAL(10, 6)) AS denominator,
  CASE WHEN f.patient IS NOT NULL THEN 1 ELSE 0 END AS numerator
FROM patient AS p JOIN year_end ON year(year_end.day) - year(p.birth) >= CAST($adult AS INTEGER)
  AND (p.death IS NULL OR p.death > year_end.day)
  AND (p.moved_in IS NULL OR p.moved_in <= year_end.day) AND (p.moved_out IS NULL OR p.moved_out > year_end.day)
LEFT JOIN diagnosed AS d ON d.patient = p.id AND d.onset <= year_end.day
LEFT JOIN followed AS f ON f.patient = d.patient AND f.y = year(year_end.day)
WHERE p.recorded <= CAST($as_of AS TIMESTAMP)
