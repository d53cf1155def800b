-- Visits: who was where, in which class, from when to when.
SELECT e.id, CAST(m.person AS VARCHAR) AS patient, m.org AS institution, o.town, e.class,
  TRY_CAST(left(e.started, 10) AS DATE) AS started, TRY_CAST(left(e.ended, 10) AS DATE) AS ended, m.recorded
FROM fhir_encounter AS e JOIN fact_of_encounter AS m ON m.id = e.id
LEFT JOIN organization AS o ON o.id = m.org
WHERE e.status NOT IN ('entered-in-error', 'cancelled')
