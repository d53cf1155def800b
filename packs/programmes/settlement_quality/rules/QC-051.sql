SELECT unit, 'bill_no' AS field FROM setlinfo WHERE bill_no IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY fixmedins_code, bill_code, bill_no ORDER BY unit) > 1
UNION ALL
SELECT unit, 'mdtrt_id' FROM setlinfo
QUALIFY row_number() OVER (PARTITION BY fixmedins_code, mdtrt_id, setl_begn_date ORDER BY unit) > 1
UNION ALL
SELECT unit, 'certno' FROM setlinfo WHERE certno IS NOT NULL
QUALIFY adm_time < max(dscg_time) OVER (PARTITION BY certno ORDER BY adm_time, unit ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
   AND mdtrt_id <> lag(mdtrt_id) OVER (PARTITION BY certno ORDER BY adm_time, unit)
