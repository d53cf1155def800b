SELECT d.unit, 'diseinfo' AS part, d.row, 'diag_code' AS field
FROM diseinfo AS d JOIN setlinfo AS s USING (unit)
WHERE s.gend = '2' AND d.diag_code IN (SELECT code FROM member WHERE "set" = 'male')
