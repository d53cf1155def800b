SELECT s.unit, CASE WHEN date_diff('minute', s.adm_time, s.dscg_time) > $hours * 60 THEN 'dscg_time' ELSE 'ipt_med_type' END AS field
FROM setlinfo AS s
WHERE s.ipt_med_type = '2'
  AND (date_diff('minute', s.adm_time, s.dscg_time) > $hours * 60
       OR s.unit NOT IN (SELECT o.unit FROM oprninfo AS o JOIN member AS m ON m.code = o.oprn_oprt_code AND m.set = 'day_surgery'))
