SELECT p.unit, 'diseinfo' AS part, p.row, 'diag_code' AS field
FROM principal AS p
JOIN member AS m ON m.code = p.diag_code AND m.set = 'tumour'
JOIN setlinfo AS s ON s.unit = p.unit
JOIN stored_front_page AS f ON f.fixmedins_code = s.fixmedins_code AND f.medcasno = s.medcasno
WHERE f.pathology_code IS NULL
