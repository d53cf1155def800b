SELECT p.unit, 'diseinfo' AS part, p.row, 'diag_code' AS field
FROM principal AS p JOIN member AS m ON m.code = p.diag_code AND m.set = 'injury'
WHERE NOT EXISTS (SELECT 1 FROM diseinfo AS o JOIN member AS n ON n.code = o.diag_code AND n.set = 'external_cause' WHERE o.unit = p.unit)
