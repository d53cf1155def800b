-- needs: said_observation, known_patient, known_encounter
SELECT o.unit, o.id, o.org, o.person, o.version, o.received, o.recorded, o.b.status AS status, o.patient, o.code,
  CAST(standard_coding(o.b.code.coding, test_systems()) IS NOT NULL AS BIGINT) AS is_standard,
  standard_coding(o.b.code.coding, ['http://loinc.org']).code AS loinc,
  o.taken_written, fhir_time(o.taken_written) AS taken, fhir_day(o.taken_written) AS taken_day, fhir_time(o.b.issued) AS issued,
  coalesce(o.b.valueQuantity.value, CAST(o.b.valueCodeableConcept AS VARCHAR), o.b.valueString, CAST(o.b.valueBoolean AS VARCHAR),
    CAST(o.b.valueInteger AS VARCHAR), CAST(o.b.valueRange AS VARCHAR), CAST(o.b.valueRatio AS VARCHAR),
    CAST(o.b.valueSampledData AS VARCHAR), CAST(o.b.valueTime AS VARCHAR), CAST(o.b.valueDateTime AS VARCHAR),
    CAST(o.b.valuePeriod AS VARCHAR)) AS said,
  CAST(o.b.dataAbsentReason IS NOT NULL AS BIGINT) AS is_absent, coalesce(len(o.b.component), 0) AS components,
  coalesce(len(o.b.hasMember), 0) AS members,
  TRY_CAST(o.b.valueQuantity.value AS DOUBLE) AS value, o.b.valueQuantity.comparator AS comparator,
  coalesce(o.b.valueQuantity.code, o.b.valueQuantity.unit) AS measured_in,
  p.birth, p.death, e.started_day, e.ended_day
FROM said_observation AS o LEFT JOIN known_patient AS p ON p.id = o.patient
LEFT JOIN known_encounter AS e ON e.id = o.encounter
WHERE o.judged
