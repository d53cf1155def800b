-- needs: fact, known
WITH one AS (
  SELECT f.* EXCLUDE (body), from_json(body, '{"identifier": [{"system": "VARCHAR", "value": "VARCHAR"}],
      "name": [{"text": "VARCHAR", "family": "VARCHAR"}], "telecom": [{"system": "VARCHAR", "value": "VARCHAR"}],
      "gender": "VARCHAR", "birthDate": "VARCHAR", "deceasedDateTime": "VARCHAR", "deceasedBoolean": "BOOLEAN"}') AS b
  FROM (SELECT *, true AS judged FROM fact WHERE type = 'Patient'
        UNION ALL BY NAME SELECT *, false AS judged FROM known WHERE type = 'Patient') AS f
)
SELECT unit, id, org, person, judged, beijing(received) AS received, beijing(recorded) AS recorded,
  list_filter(b.identifier, lambda i: is_resident_system(i.system))[1].value AS resident_id,
  list_filter(b.identifier, lambda i: is_card_system(i.system))[1].value AS health_card,
  coalesce(b.name[1].text, b.name[1].family) AS name,
  b.birthDate AS birth_written, fhir_day(b.birthDate) AS birth, b.gender AS sex,
  list_filter(b.telecom, lambda t: coalesce(t.system, 'phone') IN ('phone', 'sms') AND t.value IS NOT NULL)[1].value AS phone,
  fhir_day(b.deceasedDateTime) AS death, CAST(b.deceasedDateTime IS NOT NULL OR coalesce(b.deceasedBoolean, false) AS BIGINT) AS died
FROM one
