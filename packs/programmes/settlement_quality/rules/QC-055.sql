SELECT unit, 'tel' AS field FROM setlinfo WHERE NOT is_phone(tel)
UNION ALL
SELECT unit, 'coner_tel' FROM setlinfo WHERE NOT is_phone(coner_tel)
