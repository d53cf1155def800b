SELECT d.unit, 'diseinfo' AS part, d.row, 'diag_code' AS field
FROM diseinfo AS d JOIN stay AS t USING (unit)
WHERE t.age_days > $days AND d.diag_code IN (SELECT code FROM member WHERE "set" = 'perinatal')
