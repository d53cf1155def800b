SELECT DISTINCT s.unit, 'adm_time' AS field
FROM setlinfo AS s
JOIN principal AS p USING (unit)
JOIN stored_case AS c ON c.certno = s.certno AND left(c.principal, 5) = left(p.diag_code, 5)
WHERE c.days_rinp_flag_31 = '1' AND c.setl_id <> s.setl_id
  AND date_diff('day', CAST(c.dscg_time AS DATE), CAST(s.adm_time AS DATE)) BETWEEN 0 AND $days
