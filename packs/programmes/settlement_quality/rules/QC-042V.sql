SELECT s.unit, 'adm_time' AS field
FROM setlinfo AS s JOIN stored_case AS c ON c.certno = s.certno
WHERE c.dscg_way = '5' AND s.adm_time > c.dscg_time
