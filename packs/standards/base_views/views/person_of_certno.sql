-- Whose an identity number is, as institutions that send FHIR have said.
SELECT upper(p.certno) AS certno, min(m.person) AS person
FROM fhir_patient AS p JOIN fact_of_patient AS m ON m.id = p.id
WHERE p.certno IS NOT NULL AND m.person IS NOT NULL
GROUP BY upper(p.certno)
