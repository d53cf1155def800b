SELECT d.unit, 'diseinfo' AS part, d.row, 'diag_code' AS field
FROM (SELECT DISTINCT x.unit, x.row, e.low FROM diseinfo AS x JOIN evidence AS e ON left(x.diag_code, length(e.low)) BETWEEN e.low AND e.high) AS d
WHERE d.unit IN (SELECT unit FROM fee)
  AND (d.unit, d.low) NOT IN (
    SELECT f.unit, e.low FROM (SELECT DISTINCT unit, left(med_list_codg, 6) AS code FROM fee_line) AS f
    JOIN evidence AS e ON starts_with(f.code, e.evidence) OR starts_with(substr(f.code, 3), e.evidence)
  )
