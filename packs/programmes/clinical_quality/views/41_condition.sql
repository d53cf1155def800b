-- needs: known_condition, known_patient
SELECT c.unit, c.id, c.org, c.person, c.version, c.received, c.recorded, c.patient, c.encounter, c.code, c.is_standard, c.icd10,
  c.onset_written, c.onset, c.abated, c.written_day, p.birth, p.sex, p.death
FROM known_condition AS c LEFT JOIN known_patient AS p ON p.id = c.patient WHERE c.judged
