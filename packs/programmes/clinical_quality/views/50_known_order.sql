-- needs: fact, known
WITH one AS (
  SELECT f.* EXCLUDE (body), from_json(body, '{"status": "VARCHAR", "authoredOn": "VARCHAR",
      "medicationCodeableConcept": {"text": "VARCHAR", "coding": [{"system": "VARCHAR", "code": "VARCHAR"}]},
      "medicationReference": {"reference": "VARCHAR"}, "subject": {"reference": "VARCHAR"},
      "requester": {"reference": "VARCHAR", "display": "VARCHAR"},
      "dosageInstruction": [{"text": "VARCHAR", "doseAndRate": ["JSON"], "timing": "JSON"}]}') AS b
  FROM (SELECT *, true AS judged FROM fact WHERE type = 'MedicationRequest'
        UNION ALL BY NAME SELECT *, false AS judged FROM known WHERE type = 'MedicationRequest') AS f
)
SELECT unit, id, org, person, version, judged, beijing(received) AS received, beijing(recorded) AS recorded,
  referred(b.subject.reference, 'Patient') AS patient,
  coded(b.medicationCodeableConcept.coding, medicine_systems(),
        coalesce(b.medicationCodeableConcept.text, b.medicationReference.reference)) AS code,
  CAST(b.medicationReference.reference IS NOT NULL
       OR standard_coding(b.medicationCodeableConcept.coding, medicine_systems()) IS NOT NULL AS BIGINT) AS is_standard,
  coalesce(b.requester.reference, b.requester.display) AS prescriber,
  coalesce(len(list_filter(
    b.dosageInstruction, lambda d: d.text IS NOT NULL OR d.timing IS NOT NULL OR len(d.doseAndRate) > 0)), 0) AS dosages,
  fhir_time(b.authoredOn) AS ordered, fhir_day(b.authoredOn) AS ordered_day
FROM one WHERE b.status NOT IN ('entered-in-error', 'cancelled')
