-- needs: known_encounter, known_patient, fact
SELECT e.unit, e.id, e.org, e.person, e.version, e.received, e.recorded, e.status, e.class, e.patient, e.department,
  e.diagnoses + coalesce(c.conditions, 0) AS diagnoses, e.start_written, e.started, e.started_day, e.ended, e.ended_day,
  p.birth, p.death
FROM known_encounter AS e LEFT JOIN known_patient AS p ON p.id = e.patient
LEFT JOIN (SELECT referred(json_extract_string(body, '$.encounter.reference'), 'Encounter') AS id, count(*) AS conditions
           FROM fact WHERE type = 'Condition' GROUP BY ALL) AS c ON c.id = e.id
WHERE e.judged
