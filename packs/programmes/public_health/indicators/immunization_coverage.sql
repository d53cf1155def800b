WITH turned_two AS (
  SELECT id, town, sex, CAST(birth + INTERVAL 2 YEAR AS DATE) AS day FROM patient
  WHERE death IS NULL OR death > birth + INTERVAL 2 YEAR
), given AS (
  SELECT i.patient, c.vaccine, count(DISTINCT i.given) AS doses
  FROM immunization AS i JOIN vaccine_code AS c ON c.code = i.vaccine
  JOIN turned_two AS t ON t.id = i.patient AND i.given <= t.day
  WHERE i.recorded <= CAST($as_of AS TIMESTAMP)
  GROUP BY i.patient, c.vaccine
)
SELECT t.id AS unit, t.day AS happened, 1 AS denominator, t.town, t.sex,
  CASE WHEN count(g.vaccine) = count(*) THEN 1 ELSE 0 END AS numerator
FROM turned_two AS t CROSS JOIN primary_doses AS d
LEFT JOIN given AS g ON g.patient = t.id AND g.vaccine = d.vaccine AND g.doses >= CAST(d.doses AS INTEGER)
GROUP BY t.id, t.day, t.town, t.sex
