-- Blood pressure, blood glucose and growth of residents: the highest value of each day, by month.
SELECT left(CAST(taken AS VARCHAR), 7) AS month, patient, code, taken, max(value) AS value, min(recorded) AS recorded
FROM observation
WHERE code IN ('8480-6', '8462-4', '85354-9', '1558-6', '14771-0', '8302-2', '8306-3', '29463-7')
  AND patient IS NOT NULL AND taken IS NOT NULL
GROUP BY left(CAST(taken AS VARCHAR), 7), patient, code, taken
