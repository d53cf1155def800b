SELECT i.unit, 'iteminfo' AS part, i.row, 'amt' AS field
FROM (SELECT unit, min(row) AS row, med_chrgitm, sum(amt) AS amt FROM iteminfo GROUP BY unit, med_chrgitm) AS i
LEFT JOIN fee AS f ON f.unit = i.unit AND f.med_chrgitm = i.med_chrgitm
WHERE i.unit IN (SELECT unit FROM fee)
  AND i.unit NOT IN (SELECT unit FROM setlinfo_lines_aside)
  AND abs(i.amt - coalesce(f.amt, 0)) > $tolerance
