SELECT p.unit, 'diseinfo' AS part, p.row, 'diag_code' AS field
FROM principal AS p
WHERE p.diag_code IN (SELECT code FROM member WHERE "set" = 'not_principal')
   OR (ends_with(p.diag_code, '*') AND NOT contains(p.diag_code, '+'))
