SELECT s.unit, 'dscg_way' AS field
FROM setlinfo AS s JOIN stored_front_page AS f ON f.fixmedins_code = s.fixmedins_code AND f.medcasno = s.medcasno
WHERE s.dscg_way = '5' AND f.autopsy_flag IS NULL
