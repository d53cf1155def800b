SELECT s.unit, 'vent_used_dura' AS field
FROM setlinfo AS s
WHERE s.vent_used_dura IS NOT NULL
  AND (NOT is_duration(s.vent_used_dura)
       OR duration_minutes(s.vent_used_dura) > date_diff('minute', s.adm_time, s.dscg_time)
       OR (duration_minutes(s.vent_used_dura) >= $hours * 60 AND s.unit IN (SELECT o.unit FROM oprninfo AS o JOIN member AS m ON m.code = o.oprn_oprt_code AND m.set = 'ventilator_short'))
       OR (duration_minutes(s.vent_used_dura) < $hours * 60 AND s.unit IN (SELECT o.unit FROM oprninfo AS o JOIN member AS m ON m.code = o.oprn_oprt_code AND m.set = 'ventilator_long')))
