-- Antibacterials for systemic use (ATC J01) on the fee lines of stays.
SELECT s.fixmedins_code AS institution, s.medcasno AS record, CAST(s.dscg_time AS DATE) AS discharged,
  f.med_list_codg AS code, f.cnt AS cnt, f._recorded_at AS recorded
FROM feedetail AS f JOIN setlinfo AS s ON s.fixmedins_code = f.fixmedins_code AND s.setl_id = f.setl_id
WHERE f.med_list_codg LIKE 'XJ01%' AND s.dscg_time IS NOT NULL
