-- needs: fact
SELECT unit, id, org, person, version, beijing(received) AS received, beijing(recorded) AS recorded, b.status AS status,
  coalesce(len(b.result), 0) AS results, b.conclusion AS conclusion,
  coalesce(len(b.presentedForm), 0) + coalesce(len(b.imagingStudy), 0) + coalesce(len(b.media), 0) AS attached,
  fhir_time(b.effectiveDateTime) AS taken, fhir_time(b.issued) AS issued, fhir_day(b.issued) AS issued_day
FROM (SELECT * EXCLUDE (body), from_json(body, '{"status": "VARCHAR", "result": ["JSON"], "conclusion": "VARCHAR",
        "presentedForm": ["JSON"], "imagingStudy": ["JSON"], "media": ["JSON"],
        "effectiveDateTime": "VARCHAR", "issued": "VARCHAR"}') AS b FROM fact WHERE type = 'DiagnosticReport')
WHERE b.status NOT IN ('entered-in-error', 'cancelled')
