-- Results and measures of residents, in LOINC: from FHIR, laboratories, and follow-ups of chronic patients.
SELECT CAST(m.person AS VARCHAR) AS patient, o.code, TRY_CAST(left(coalesce(o.at, o.began), 10) AS DATE) AS taken,
  o.value, o.unit, m.org AS institution, m.recorded
FROM fhir_observation AS o JOIN fact_of_observation AS m ON m.id = o.id
WHERE m.person IS NOT NULL AND o.code IS NOT NULL AND o.status NOT IN ('entered-in-error', 'cancelled')
UNION ALL
SELECT coalesce(CAST(k.person AS VARCHAR), left(sha256(r.certno), 16)), r.item_code, CAST(r.collected_at AS DATE),
  r.result_value, r.result_unit, r.fixmedins_code, r._recorded_at
FROM lab_result AS r LEFT JOIN person_of_certno AS k ON k.certno = r.certno
WHERE r.certno IS NOT NULL
UNION ALL
SELECT coalesce(CAST(k.person AS VARCHAR), left(sha256(u.certno), 16)), u.code, u.taken, u.value, u.unit, u.institution, u.recorded
FROM (
  SELECT certno, '8480-6' AS code, CAST(followed_at AS DATE) AS taken, sbp AS value, 'mm[Hg]' AS unit, fixmedins_code AS institution, _recorded_at AS recorded
  FROM chronic_follow_up WHERE sbp IS NOT NULL
  UNION ALL
  SELECT certno, '8462-4', CAST(followed_at AS DATE), dbp, 'mm[Hg]', fixmedins_code, _recorded_at
  FROM chronic_follow_up WHERE dbp IS NOT NULL
  UNION ALL
  SELECT certno, '14771-0', CAST(followed_at AS DATE), fpg, 'mmol/L', fixmedins_code, _recorded_at
  FROM chronic_follow_up WHERE fpg IS NOT NULL
) AS u
LEFT JOIN person_of_certno AS k ON k.certno = u.certno
WHERE u.certno IS NOT NULL
