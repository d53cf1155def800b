-- needs: fact, known_patient
WITH one AS (
  SELECT * EXCLUDE (body), from_json(body, '{"status": "VARCHAR", "patient": {"reference": "VARCHAR"},
      "occurrenceDateTime": "VARCHAR", "lotNumber": "VARCHAR", "primarySource": "BOOLEAN"}') AS b
  FROM fact WHERE type = 'Immunization'
)
SELECT o.unit, o.id, o.org, o.person, o.version, beijing(o.received) AS received, beijing(o.recorded) AS recorded,
  b.lotNumber AS lot, CAST(coalesce(b.primarySource, true) AS BIGINT) AS is_own, fhir_day(b.occurrenceDateTime) AS given_day, p.birth, p.death
FROM one AS o LEFT JOIN known_patient AS p ON p.id = referred(o.b.patient.reference, 'Patient')
WHERE b.status = 'completed'
