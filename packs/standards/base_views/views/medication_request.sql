-- Medicines that were ordered; those of one visit are one prescription where nothing else is said.
SELECT coalesce(r.prescription, r.encounter, r.id) AS prescription, m.org AS institution, e.class, r.atc, r.drug,
  TRY_CAST(left(r.at, 10) AS DATE) AS ordered, m.recorded
FROM fhir_medication_request AS r JOIN fact_of_medicationrequest AS m ON m.id = r.id
LEFT JOIN fhir_encounter AS e ON e.id = r.encounter
WHERE r.status NOT IN ('entered-in-error', 'cancelled')
