SELECT id AS unit, happened, sum(numerator) AS numerator, sum(denominator) AS denominator, town, sex,
  max(recorded) AS recorded
FROM (
  SELECT id, birth AS happened, 0 AS numerator, 1 AS denominator, town, sex, recorded
  FROM patient WHERE birth IS NOT NULL
  UNION ALL
  SELECT id, death, 1, 0, town, sex, recorded FROM patient WHERE death < birth + INTERVAL 5 YEAR
)
GROUP BY id, happened, town, sex
