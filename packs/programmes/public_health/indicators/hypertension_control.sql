WITH diagnosed AS (
  SELECT patient, onset FROM chronic_patient WHERE disease = 'hypertension' AND recorded <= CAST($as_of AS TIMESTAMP)
), pressure AS (
  SELECT patient, code, taken, max(value) AS value FROM measurement
  WHERE code IN ('8480-6', '8462-4') AND recorded <= CAST($as_of AS TIMESTAMP) AND taken <= CAST($on AS DATE)
  GROUP BY patient, code, taken
), last_visit AS (
  SELECT patient, max(taken) AS day FROM pressure WHERE code = '8480-6' GROUP BY patient, year(taken)
)
SELECT p.id AS unit, v.day AS happened, p.town, p.sex, 1 AS denominator,
  CASE WHEN d.value < CAST($diastolic AS INTEGER)
      AND s.value < CASE WHEN year(v.day) - year(p.birth) >= CAST($elderly AS INTEGER)
        THEN CAST($systolic_elderly AS INTEGER) ELSE CAST($systolic AS INTEGER) END THEN 1 ELSE 0 END AS numerator,
  CASE WHEN d.value IS NULL OR s.value IS NULL OR p.birth IS NULL THEN 0 ELSE 1 END AS complete
FROM last_visit AS v
JOIN diagnosed AS g ON g.patient = v.patient AND g.onset <= v.day
JOIN patient AS p ON p.id = v.patient
JOIN pressure AS s ON s.patient = v.patient AND s.taken = v.day AND s.code = '8480-6'
LEFT JOIN pressure AS d ON d.patient = v.patient AND d.taken = v.day AND d.code = '8462-4'
