SELECT d.unit, 'diseinfo' AS part, d.row, 'diag_code' AS field
FROM diseinfo AS d
JOIN stay AS t USING (unit)
JOIN age_typical AS a ON left(d.diag_code, length(a.low)) BETWEEN a.low AND a.high
WHERE t.age_years < CAST(a.min_age AS INTEGER) OR t.age_years > CAST(a.max_age AS INTEGER)
