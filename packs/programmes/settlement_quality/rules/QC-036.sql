SELECT unit, 'pwcry_bfadm_coma_dura' AS field FROM setlinfo WHERE NOT is_duration(pwcry_bfadm_coma_dura)
UNION ALL
SELECT unit, 'pwcry_afadm_coma_dura' FROM setlinfo
WHERE NOT is_duration(pwcry_afadm_coma_dura)
   OR duration_minutes(pwcry_afadm_coma_dura) > date_diff('minute', adm_time, dscg_time)
