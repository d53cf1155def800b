SELECT prescription AS unit, ordered AS happened, institution, max(recorded) AS recorded, 1 AS denominator,
  max(CASE WHEN atc LIKE 'J01%' THEN 1 ELSE 0 END) AS numerator
FROM medication_request
WHERE class = 'AMB'
GROUP BY prescription, ordered, institution
