SELECT unit, 'iteminfo' AS part, 'med_chrgitm' AS field
FROM fee WHERE med_chrgitm IN ('09', '10', '11') AND amt > 0 AND NOT drug
UNION ALL
SELECT f.unit, 'iteminfo', 'amt'
FROM fee AS f JOIN stay AS t USING (unit)
WHERE f.med_chrgitm = '01' AND abs(f.cnt - t.days) > $days
