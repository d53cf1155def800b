SELECT s.unit, 'diseinfo' AS part, 'maindiag_flag' AS field
FROM setlinfo AS s
LEFT JOIN (
  SELECT unit, count(*) FILTER (diag_type = '1' AND maindiag_flag = '1') AS western,
         count(*) FILTER (diag_type = '2') AS diseases, count(*) FILTER (diag_type = '2' AND maindiag_flag = '1') AS disease,
         count(*) FILTER (diag_type = '3') AS syndromes, count(*) FILTER (diag_type = '3' AND maindiag_flag = '1') AS syndrome
  FROM diseinfo GROUP BY unit
) AS d USING (unit)
WHERE coalesce(d.western, 0) <> 1 OR (d.diseases > 0 AND d.disease <> 1) OR (d.syndromes > 0 AND d.syndrome <> 1)
