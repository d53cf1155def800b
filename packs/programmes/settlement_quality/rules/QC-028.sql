SELECT o.unit, 'oprninfo' AS part, o.row,
       CASE WHEN o.oprn_oprt_endtime < o.oprn_oprt_begntime OR o.oprn_oprt_endtime > s.dscg_time
            THEN 'oprn_oprt_endtime' ELSE 'oprn_oprt_begntime' END AS field
FROM oprninfo AS o JOIN setlinfo AS s USING (unit)
WHERE o.oprn_oprt_begntime < s.adm_time - to_hours(CAST($before_hours AS BIGINT))
   OR o.oprn_oprt_begntime > s.dscg_time
   OR o.oprn_oprt_endtime < o.oprn_oprt_begntime
   OR o.oprn_oprt_endtime > s.dscg_time
