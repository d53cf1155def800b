-- Doses of vaccine that were given.
SELECT CAST(m.person AS VARCHAR) AS patient, i.vaccine, TRY_CAST(left(i.at, 10) AS DATE) AS given, m.recorded
FROM fhir_immunization AS i JOIN fact_of_immunization AS m ON m.id = i.id
WHERE m.person IS NOT NULL AND i.status = 'completed'
