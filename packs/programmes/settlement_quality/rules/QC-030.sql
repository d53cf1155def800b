SELECT unit, 'oprninfo' AS part, row,
       CASE WHEN coalesce(anst_way, '00') = '00' THEN 'anst_way' WHEN anst_dr_code IS NULL THEN 'anst_dr_code' ELSE 'anst_begntime' END AS field
FROM oprninfo
WHERE (anst_way NOT IN ('00', '04') AND (anst_dr_code IS NULL OR anst_begntime IS NULL OR anst_endtime IS NULL))
   OR (coalesce(anst_way, '00') = '00' AND anst_dr_code IS NOT NULL)
