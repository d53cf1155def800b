SELECT s.unit, 'diag_code_cnt' AS field
FROM setlinfo AS s LEFT JOIN (SELECT unit, count(*) AS rows FROM diseinfo GROUP BY unit) AS d USING (unit)
WHERE s.diag_code_cnt <> coalesce(d.rows, 0)
UNION ALL
SELECT s.unit, 'oprn_oprt_code_cnt'
FROM setlinfo AS s LEFT JOIN (SELECT unit, count(*) AS rows FROM oprninfo GROUP BY unit) AS o USING (unit)
WHERE s.oprn_oprt_code_cnt <> coalesce(o.rows, 0)
