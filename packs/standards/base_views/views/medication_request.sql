-- Medicines that were ordered; those of one visit are one prescription where nothing else is said.
SELECT coalesce(r.prescription, r.encounter, r.id) AS prescription, m.org AS institution, e.class, r.atc, r.drug,
  TRY_CAST(left(r.at, 10) AS DATE) AS ordered, m.recorded
FROM fhir_medication_request AS r JOIN fact_of_medicationrequest AS m ON m.id = r.id
LEFT JOIN fhir_encounter AS e ON e.id = r.encounter
WHERE r.status NOT IN ('entered-in-error', 'cancelled')
UNION ALL
-- The insurance code of a western medicine holds the first five characters of its ATC code.
SELECT d.prescription, d.institution, d.class, CASE WHEN d.item.drug_code LIKE 'X%' THEN substr(d.item.drug_code, 2, 5) END,
  d.item.drug_code, d.ordered, d.recorded
FROM (
  SELECT fixmedins_code || '/' || rx_no AS prescription, fixmedins_code AS institution,
    CASE WHEN dept_name LIKE '%急诊%' THEN 'EMER' ELSE 'AMB' END AS class, CAST(rx_time AS DATE) AS ordered,
    _recorded_at AS recorded, unnest(rx_drug) AS item
  FROM prescription
) AS d
