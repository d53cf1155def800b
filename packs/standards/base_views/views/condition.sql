-- Diagnoses of residents, in ICD-10.
SELECT CAST(m.person AS VARCHAR) AS patient, coalesce(c.standard, c.other) AS code,
  TRY_CAST(left(coalesce(c.onset, c.noted), 10) AS DATE) AS onset, c.status, m.recorded
FROM fhir_condition AS c JOIN fact_of_condition AS m ON m.id = c.id
WHERE m.person IS NOT NULL AND c.verification IS DISTINCT FROM 'entered-in-error'
  AND c.verification IS DISTINCT FROM 'refuted'
