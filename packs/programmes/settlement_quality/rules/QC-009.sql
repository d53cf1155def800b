SELECT d.unit, 'diseinfo' AS part, d.row, CASE WHEN i.code IS NULL THEN 'diag_code' ELSE 'diag_name' END AS field
FROM diseinfo AS d LEFT JOIN icd10 AS i ON i.code = d.diag_code
WHERE d.diag_type = '1' AND (i.code IS NULL OR d.diag_name <> i.name)
