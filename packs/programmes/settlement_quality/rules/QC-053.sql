SELECT s.unit, 'diseinfo' AS part, 'diag_type' AS field
FROM setlinfo AS s
WHERE s.trt_type IN ('2.1', '2.2', '3')
  AND (s.unit NOT IN (SELECT unit FROM diseinfo WHERE diag_type = '2') OR s.unit NOT IN (SELECT unit FROM diseinfo WHERE diag_type = '3'))
