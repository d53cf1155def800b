-- Doses of vaccine that were given: from FHIR, and from the register of vaccinations.
SELECT CAST(m.person AS VARCHAR) AS patient, i.vaccine, TRY_CAST(left(i.at, 10) AS DATE) AS given, m.recorded
FROM fhir_immunization AS i JOIN fact_of_immunization AS m ON m.id = i.id
WHERE m.person IS NOT NULL AND i.status = 'completed'
UNION ALL
SELECT coalesce(CAST(k.person AS VARCHAR), left(sha256(v.certno), 16)), v.vaccine_code, CAST(v.given_at AS DATE), v._recorded_at
FROM vaccination AS v LEFT JOIN person_of_certno AS k ON k.certno = v.certno
WHERE v.certno IS NOT NULL
