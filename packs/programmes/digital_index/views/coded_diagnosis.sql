-- Diagnoses by institution and month, and how many of them have a code of ICD-10.
SELECT institution, happened, count(*) AS diagnoses,
  sum(CASE WHEN regexp_matches(code, '^[A-Z][0-9][0-9]') THEN 1 ELSE 0 END) AS coded, max(recorded) AS recorded
FROM (
  SELECT m.org AS institution, coalesce(c.standard, c.other) AS code, m.recorded,
    CAST(date_trunc('month', TRY_CAST(left(coalesce(c.noted, c.onset), 10) AS DATE)) AS DATE) AS happened
  FROM fhir_condition AS c JOIN fact_of_condition AS m ON m.id = c.id
  WHERE c.verification IS DISTINCT FROM 'entered-in-error'
  UNION ALL
  SELECT fixmedins_code, diag_code, _recorded_at, CAST(date_trunc('month', visit_time) AS DATE)
  FROM outpatient_visit WHERE diag_code IS NOT NULL OR diag_name IS NOT NULL
) AS said
GROUP BY institution, happened
