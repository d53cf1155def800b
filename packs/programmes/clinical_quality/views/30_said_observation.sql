-- needs: fact, known
WITH one AS (
  SELECT f.* EXCLUDE (body), from_json(body, '{"status": "VARCHAR",
      "code": {"text": "VARCHAR", "coding": [{"system": "VARCHAR", "code": "VARCHAR"}]},
      "subject": {"reference": "VARCHAR"}, "encounter": {"reference": "VARCHAR"},
      "effectiveDateTime": "VARCHAR", "effectiveInstant": "VARCHAR", "effectivePeriod": {"start": "VARCHAR"},
      "issued": "VARCHAR", "dataAbsentReason": "JSON", "hasMember": ["JSON"],
      "valueQuantity": {"value": "VARCHAR", "comparator": "VARCHAR", "unit": "VARCHAR", "code": "VARCHAR"},
      "valueCodeableConcept": "JSON", "valueString": "VARCHAR", "valueBoolean": "JSON", "valueInteger": "JSON",
      "valueRange": "JSON", "valueRatio": "JSON", "valueSampledData": "JSON", "valueTime": "JSON",
      "valueDateTime": "JSON", "valuePeriod": "JSON",
      "component": [{"code": {"coding": [{"system": "VARCHAR", "code": "VARCHAR"}]},
        "valueQuantity": {"value": "VARCHAR", "comparator": "VARCHAR", "unit": "VARCHAR", "code": "VARCHAR"}}]}') AS b
  FROM (SELECT *, true AS judged FROM fact WHERE type = 'Observation'
        UNION ALL BY NAME SELECT *, false AS judged FROM known WHERE type = 'Observation') AS f
)
SELECT unit, id, org, person, version, judged, beijing(received) AS received, beijing(recorded) AS recorded, b,
  referred(b.subject.reference, 'Patient') AS patient, referred(b.encounter.reference, 'Encounter') AS encounter,
  coded(b.code.coding, test_systems(), b.code.text) AS code,
  coalesce(b.effectiveDateTime, b.effectiveInstant, b.effectivePeriod.start) AS taken_written
FROM one WHERE b.status NOT IN ('entered-in-error', 'cancelled')
