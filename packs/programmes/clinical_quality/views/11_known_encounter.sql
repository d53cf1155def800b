-- needs: fact, known
WITH one AS (
  SELECT f.* EXCLUDE (body), from_json(body, '{"status": "VARCHAR", "class": {"code": "VARCHAR"},
      "subject": {"reference": "VARCHAR"}, "period": {"start": "VARCHAR", "end": "VARCHAR"},
      "serviceType": {"text": "VARCHAR", "coding": [{"code": "VARCHAR", "display": "VARCHAR"}]},
      "location": [{"location": {"display": "VARCHAR", "reference": "VARCHAR"}}],
      "diagnosis": ["JSON"], "reasonCode": ["JSON"], "reasonReference": ["JSON"]}') AS b
  FROM (SELECT *, true AS judged FROM fact WHERE type = 'Encounter'
        UNION ALL BY NAME SELECT *, false AS judged FROM known WHERE type = 'Encounter') AS f
)
SELECT unit, id, org, person, version, judged, beijing(received) AS received, beijing(recorded) AS recorded,
  b.status AS status, b.class.code AS class, referred(b.subject.reference, 'Patient') AS patient,
  coalesce(b.serviceType.text, b.serviceType.coding[1].display, b.serviceType.coding[1].code,
           b.location[1].location.display, b.location[1].location.reference) AS department,
  coalesce(len(b.diagnosis), 0) + coalesce(len(b.reasonCode), 0) + coalesce(len(b.reasonReference), 0) AS diagnoses,
  b.period.start AS start_written, fhir_time(b.period.start) AS started, fhir_day(b.period.start) AS started_day,
  fhir_time(b.period.end) AS ended, fhir_day(b.period.end) AS ended_day
FROM one WHERE b.status NOT IN ('entered-in-error', 'cancelled')
