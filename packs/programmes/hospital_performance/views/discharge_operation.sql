-- Operations of stays that have a level (手术级别), from front pages and settlement lists.
SELECT f.fixmedins_code AS institution, f.medcasno AS record, f.discharged, f.o.oprn_oprt_code AS code,
  f.o.oprn_lv AS level, f.o.incision AS incision, f.recorded
FROM (SELECT fixmedins_code, medcasno, CAST(dscg_time AS DATE) AS discharged, _recorded_at AS recorded,
    unnest(front_operation) AS o FROM front_page) AS f
WHERE f.o.oprn_lv IS NOT NULL
UNION ALL
SELECT s.fixmedins_code, s.medcasno, s.discharged, s.o.oprn_oprt_code, s.o.oprn_lv, CAST(NULL AS VARCHAR), s.recorded
FROM (SELECT fixmedins_code, medcasno, CAST(dscg_time AS DATE) AS discharged, _recorded_at AS recorded,
    unnest(oprninfo) AS o FROM setlinfo WHERE dscg_time IS NOT NULL) AS s
WHERE s.o.oprn_lv IS NOT NULL
