SELECT unit, 'brdy' AS field FROM setlinfo WHERE brdy > CAST(adm_time AS DATE)
UNION ALL
SELECT unit, 'dscg_time' FROM setlinfo WHERE adm_time >= dscg_time
UNION ALL
SELECT unit, 'dcla_time' FROM setlinfo WHERE dcla_time < dscg_time OR CAST(dcla_time AS DATE) > CAST($received AS DATE) + 1
UNION ALL
SELECT unit, 'dscg_time' FROM setlinfo WHERE CAST(dscg_time AS DATE) > CAST($received AS DATE) + 1
