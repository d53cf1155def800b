SELECT d.unit, 'diseinfo' AS part, max(d.row) AS row, 'diag_code' AS field
FROM diseinfo AS d
JOIN exclusive AS e ON left(d.diag_code, length(e.low)) BETWEEN e.low AND e.high
GROUP BY d.unit, e."group"
HAVING count(DISTINCT e.member) > 1
