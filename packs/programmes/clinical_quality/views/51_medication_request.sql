-- needs: known_order, known_patient
SELECT m.unit, m.id, m.org, m.person, m.version, m.received, m.recorded, m.patient, m.code, m.is_standard, m.prescriber,
  m.dosages, m.ordered, m.ordered_day, p.birth, p.death
FROM known_order AS m LEFT JOIN known_patient AS p ON p.id = m.patient WHERE m.judged
