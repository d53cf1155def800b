-- needs: fact, known_patient
WITH one AS (
  SELECT * EXCLUDE (body), from_json(body, '{"status": "VARCHAR", "subject": {"reference": "VARCHAR"},
      "code": {"text": "VARCHAR", "coding": [{"system": "VARCHAR", "code": "VARCHAR"}]},
      "performedDateTime": "VARCHAR", "performedPeriod": {"start": "VARCHAR", "end": "VARCHAR"}}') AS b
  FROM fact WHERE type = 'Procedure'
)
SELECT o.unit, o.id, o.org, o.person, o.version, beijing(o.received) AS received, beijing(o.recorded) AS recorded,
  b.status AS status, coded(b.code.coding, operation_systems(), b.code.text) AS code,
  CAST(standard_coding(b.code.coding, operation_systems()) IS NOT NULL AS BIGINT) AS is_standard,
  coalesce(b.performedDateTime, b.performedPeriod.start) AS done_written,
  fhir_day(coalesce(b.performedDateTime, b.performedPeriod.start)) AS done_day,
  fhir_time(b.performedPeriod.start) AS started, fhir_time(b.performedPeriod.end) AS ended, p.birth, p.death
FROM one AS o LEFT JOIN known_patient AS p ON p.id = referred(o.b.subject.reference, 'Patient')
WHERE b.status NOT IN ('entered-in-error', 'not-done')
