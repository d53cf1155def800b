-- needs: said_observation
SELECT id, org, patient, code, fhir_time(taken_written) AS taken,
  coalesce(b.valueQuantity.value, CAST(b.valueCodeableConcept AS VARCHAR), b.valueString) AS said
FROM said_observation
WHERE patient IS NOT NULL AND length(taken_written) > 10 AND coalesce(len(b.component), 0) = 0
