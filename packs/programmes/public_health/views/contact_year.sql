-- Residents by year in which they were seen or measured, one row each.
SELECT patient, year(day) AS year, min(recorded) AS recorded
FROM (
  SELECT patient, started AS day, recorded FROM encounter
  UNION ALL
  SELECT patient, taken, recorded FROM observation
) AS contact
WHERE patient IS NOT NULL AND day IS NOT NULL
GROUP BY patient, year(day)
