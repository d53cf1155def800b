-- Residents: one row a person, with what their institutions said last.
SELECT CAST(m.person AS VARCHAR) AS id,
  arg_max(regexp_extract(p.line, '^.*?(镇|乡|街道)'), m.recorded) FILTER (WHERE p.line IS NOT NULL) AS town,
  arg_max(p.gender, m.recorded) FILTER (WHERE p.gender IS NOT NULL) AS sex,
  arg_max(TRY_CAST(p.birth AS DATE), m.recorded) FILTER (WHERE p.birth IS NOT NULL) AS birth,
  max(TRY_CAST(left(p.died, 10) AS DATE)) AS death,
  min(m.recorded) AS recorded
FROM fhir_patient AS p JOIN fact_of_patient AS m ON m.id = p.id
WHERE m.person IS NOT NULL
GROUP BY m.person
