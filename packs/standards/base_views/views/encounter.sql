-- Visits and stays: who was where, in which class, from when to when; in FHIR, as a visit, or as a settlement list.
SELECT e.id, e.patient, e.institution, o.town, e.class, e.started, e.ended, e.recorded
FROM (
  SELECT f.id, CAST(m.person AS VARCHAR) AS patient, m.org AS institution, f.class,
    TRY_CAST(left(f.started, 10) AS DATE) AS started, TRY_CAST(left(f.ended, 10) AS DATE) AS ended, m.recorded
  FROM fhir_encounter AS f JOIN fact_of_encounter AS m ON m.id = f.id
  WHERE f.status NOT IN ('entered-in-error', 'cancelled')
  UNION ALL
  SELECT v.fixmedins_code || '/' || v.visit_no, coalesce(CAST(k.person AS VARCHAR), left(sha256(v.certno), 16)), v.fixmedins_code,
    CASE v.visit_type WHEN '2' THEN 'EMER' ELSE 'AMB' END, CAST(v.visit_time AS DATE), CAST(v.visit_time AS DATE), v._recorded_at
  FROM outpatient_visit AS v LEFT JOIN person_of_certno AS k ON k.certno = v.certno
  UNION ALL
  SELECT s.fixmedins_code || '/' || s.setl_id, coalesce(CAST(k.person AS VARCHAR), left(sha256(s.certno), 16)), s.fixmedins_code,
    'IMP', CAST(s.adm_time AS DATE), CAST(s.dscg_time AS DATE), s._recorded_at
  FROM setlinfo AS s LEFT JOIN person_of_certno AS k ON k.certno = s.certno
  WHERE s.adm_time IS NOT NULL
) AS e
LEFT JOIN organization AS o ON o.id = e.institution
