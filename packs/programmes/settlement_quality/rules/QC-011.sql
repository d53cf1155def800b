SELECT p.unit, 'diseinfo' AS part, p.row, 'diag_code' AS field
FROM principal AS p
WHERE p.diag_code IN (SELECT code FROM member WHERE "set" = 'symptom')
  AND EXISTS (SELECT 1 FROM diseinfo AS d WHERE d.unit = p.unit AND d.diag_type = '1' AND d.maindiag_flag = '0'
              AND d.diag_code NOT IN (SELECT code FROM member WHERE "set" = 'not_definite'))
