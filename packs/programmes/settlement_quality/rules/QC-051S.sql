SELECT DISTINCT s.unit, 'certno' AS field
FROM setlinfo AS s JOIN stored_case AS c ON c.certno = s.certno
WHERE (c.fixmedins_code <> s.fixmedins_code OR c.mdtrt_id <> s.mdtrt_id) AND s.adm_time < c.dscg_time AND c.adm_time < s.dscg_time
