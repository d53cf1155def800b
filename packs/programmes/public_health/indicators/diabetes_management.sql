WITH diagnosed AS (
  SELECT patient, onset FROM chronic_patient WHERE disease = 'diabetes' AND recorded <= CAST($as_of AS TIMESTAMP)
), followed AS (
  SELECT DISTINCT patient, taken FROM measurement
  WHERE code IN ('1558-6', '14771-0') AND recorded <= CAST($as_of AS TIMESTAMP)
), year_end AS (
  -- Years of which nothing has come are not known: no zeros.
  SELECT day FROM (
    SELECT CAST(unnest(generate_series(DATE '2017-12-31', CAST($on AS DATE), INTERVAL 1 YEAR)) AS DATE) AS day
  ) AS days
  WHERE year(day) IN (SELECT year(taken) FROM followed)
)
SELECT p.id AS unit, year_end.day AS happened, 1 AS denominator, p.town, p.sex,
  CASE WHEN count(followed.taken) >= CAST($least AS INTEGER) THEN 1 ELSE 0 END AS numerator
FROM diagnosed
JOIN patient AS p ON p.id = diagnosed.patient
JOIN year_end ON diagnosed.onset < date_trunc('year', year_end.day) AND (p.death IS NULL OR p.death > year_end.day)
LEFT JOIN followed ON followed.patient = p.id AND year(followed.taken) = year(year_end.day)
GROUP BY p.id, year_end.day, p.town, p.sex
