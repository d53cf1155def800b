SELECT d.unit, 'diseinfo' AS part, d.row, 'adm_cond_type' AS field
FROM diseinfo AS d JOIN member AS m ON m.code = d.diag_code AND m.set IN ('congenital', 'chronic')
WHERE d.adm_cond_type = '4'
