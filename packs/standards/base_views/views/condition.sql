-- Diagnoses of residents, in ICD-10: from FHIR, cards of chronic patients, visits, and settlement lists.
SELECT CAST(m.person AS VARCHAR) AS patient, coalesce(c.standard, c.other) AS code,
  TRY_CAST(left(coalesce(c.onset, c.noted), 10) AS DATE) AS onset, c.status, m.recorded
FROM fhir_condition AS c JOIN fact_of_condition AS m ON m.id = c.id
WHERE m.person IS NOT NULL AND c.verification IS DISTINCT FROM 'entered-in-error'
  AND c.verification IS DISTINCT FROM 'refuted'
UNION ALL
SELECT coalesce(CAST(k.person AS VARCHAR), left(sha256(g.certno), 16)), g.disease_code, g.diag_date, 'active', g._recorded_at
FROM chronic_card AS g LEFT JOIN person_of_certno AS k ON k.certno = g.certno
WHERE g.certno IS NOT NULL
UNION ALL
SELECT coalesce(CAST(k.person AS VARCHAR), left(sha256(v.certno), 16)), v.diag_code, CAST(v.visit_time AS DATE), 'active', v._recorded_at
FROM outpatient_visit AS v LEFT JOIN person_of_certno AS k ON k.certno = v.certno
WHERE v.certno IS NOT NULL AND v.diag_code IS NOT NULL
UNION ALL
SELECT coalesce(CAST(k.person AS VARCHAR), left(sha256(d.certno), 16)), d.diagnosis.diag_code, d.onset, 'active', d._recorded_at
FROM (
  SELECT certno, CAST(adm_time AS DATE) AS onset, _recorded_at, unnest(diseinfo) AS diagnosis
  FROM setlinfo WHERE certno IS NOT NULL AND adm_time IS NOT NULL
) AS d
LEFT JOIN person_of_certno AS k ON k.certno = d.certno
