-- Results and measures of residents, in LOINC.
SELECT CAST(m.person AS VARCHAR) AS patient, o.code, TRY_CAST(left(coalesce(o.at, o.began), 10) AS DATE) AS taken,
  o.value, o.unit, m.org AS institution, m.recorded
FROM fhir_observation AS o JOIN fact_of_observation AS m ON m.id = o.id
WHERE m.person IS NOT NULL AND o.code IS NOT NULL AND o.status NOT IN ('entered-in-error', 'cancelled')
