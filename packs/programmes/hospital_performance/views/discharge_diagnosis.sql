-- Diagnoses of stays; arose: not there on admission (入院病情为“无”).
SELECT f.fixmedins_code AS institution, f.medcasno AS record, f.discharged, f.d.diag_code AS code,
  CASE WHEN f.d.adm_cond_type = '4' THEN 1 ELSE 0 END AS arose, f.recorded
FROM (SELECT fixmedins_code, medcasno, CAST(dscg_time AS DATE) AS discharged, _recorded_at AS recorded,
    unnest(front_diagnosis) AS d FROM front_page) AS f
UNION ALL
SELECT s.fixmedins_code, s.medcasno, s.discharged, s.d.diag_code,
  CASE WHEN s.d.adm_cond_type = '4' THEN 1 ELSE 0 END, s.recorded
FROM (SELECT fixmedins_code, medcasno, CAST(dscg_time AS DATE) AS discharged, _recorded_at AS recorded,
    unnest(diseinfo) AS d FROM setlinfo WHERE dscg_time IS NOT NULL) AS s
