SELECT DISTINCT d.unit, 'diseinfo' AS part, 'diag_code' AS field
FROM diseinfo AS d JOIN member AS m ON m.code = d.diag_code AND m.set = 'delivery'
WHERE NOT EXISTS (SELECT 1 FROM diseinfo AS o JOIN member AS n ON n.code = o.diag_code AND n.set = 'outcome_of_delivery' WHERE o.unit = d.unit)
