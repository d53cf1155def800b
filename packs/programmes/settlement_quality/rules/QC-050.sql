SELECT unit, 'setl_begn_date' AS field FROM setlinfo WHERE setl_begn_date < CAST(adm_time AS DATE)
UNION ALL
SELECT unit, 'setl_end_date' FROM setlinfo WHERE setl_end_date > CAST(dscg_time AS DATE) OR setl_end_date < setl_begn_date
UNION ALL
SELECT unit, 'setl_begn_date' FROM setlinfo
QUALIFY setl_begn_date < lag(setl_end_date) OVER (PARTITION BY fixmedins_code, mdtrt_id ORDER BY setl_begn_date, setl_end_date, unit)
