SELECT s.unit, 'medfee_sumamt' AS field
FROM setlinfo AS s
JOIN principal AS p USING (unit)
JOIN group_history AS g ON g.dx4 = left(p.diag_code, 5)
WHERE g.cases >= $cases AND (s.medfee_sumamt < $low * g.mean OR s.medfee_sumamt > $high * g.mean)
