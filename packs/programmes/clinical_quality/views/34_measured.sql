-- needs: observation, component, unit_alias
-- Every number that was measured, of a result or of a part of one, with its unit as UCUM writes it.
WITH number AS (
  SELECT unit, CAST(NULL AS VARCHAR) AS part, CAST(NULL AS BIGINT) AS row, loinc, value, comparator, measured_in, taken_day, birth
  FROM observation WHERE value IS NOT NULL
  UNION ALL
  SELECT c.unit, 'component', c.row, c.loinc, c.value, c.comparator, c.measured_in, o.taken_day, o.birth
  FROM component AS c JOIN observation AS o ON o.unit = c.unit WHERE c.value IS NOT NULL
)
SELECT n.* EXCLUDE (taken_day, birth), coalesce(a.ucum, n.measured_in) AS ucum, 
  CASE WHEN n.taken_day < n.birth THEN 0 ELSE date_diff('day', n.birth, n.taken_day) END AS age
FROM number AS n LEFT JOIN unit_alias AS a ON a.written = n.measured_in
