WITH diagnosed AS (
  SELECT patient, onset FROM chronic_patient WHERE disease = 'diabetes' AND recorded <= CAST($as_of AS TIMESTAMP)
), glucose AS (
  SELECT patient, taken, max(value) AS value FROM measurement
  WHERE code IN ('1558-6', '14771-0') AND recorded <= CAST($as_of AS TIMESTAMP) AND taken <= CAST($on AS DATE)
  GROUP BY patient, taken
), last_visit AS (
  SELECT patient, max(taken) AS day FROM glucose GROUP BY patient, year(taken)
)
SELECT p.id AS unit, v.day AS happened, p.town, p.sex, 1 AS denominator,
  CASE WHEN s.value < CAST($glucose AS DECIMAL(10, 2)) THEN 1 ELSE 0 END AS numerator,
  CASE WHEN s.value IS NULL THEN 0 ELSE 1 END AS complete
FROM last_visit AS v
JOIN diagnosed AS g ON g.patient = v.patient AND g.onset <= v.day
JOIN patient AS p ON p.id = v.patient
JOIN glucose AS s ON s.patient = v.patient AND s.taken = v.day
