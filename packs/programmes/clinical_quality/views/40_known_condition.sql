-- needs: fact, known
WITH one AS (
  SELECT f.* EXCLUDE (body), from_json(body, '{"code": {"text": "VARCHAR", "coding": [{"system": "VARCHAR", "code": "VARCHAR"}]},
      "subject": {"reference": "VARCHAR"}, "encounter": {"reference": "VARCHAR"},
      "verificationStatus": {"coding": [{"code": "VARCHAR"}]},
      "onsetDateTime": "VARCHAR", "abatementDateTime": "VARCHAR", "recordedDate": "VARCHAR"}') AS b
  FROM (SELECT *, true AS judged FROM fact WHERE type = 'Condition'
        UNION ALL BY NAME SELECT *, false AS judged FROM known WHERE type = 'Condition') AS f
)
SELECT unit, id, org, person, version, judged, beijing(received) AS received, beijing(recorded) AS recorded,
  referred(b.subject.reference, 'Patient') AS patient, referred(b.encounter.reference, 'Encounter') AS encounter,
  coded(b.code.coding, diagnosis_systems(), b.code.text) AS code,
  CAST(standard_coding(b.code.coding, diagnosis_systems()) IS NOT NULL AS BIGINT) AS is_standard,
  upper(standard_coding(b.code.coding, icd10_systems()).code) AS icd10,
  b.onsetDateTime AS onset_written, fhir_day(b.onsetDateTime) AS onset, fhir_day(b.abatementDateTime) AS abated,
  fhir_day(b.recordedDate) AS written_day
FROM one WHERE coalesce(b.verificationStatus.coding[1].code, '') NOT IN ('entered-in-error', 'refuted')
