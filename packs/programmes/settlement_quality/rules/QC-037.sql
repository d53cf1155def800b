SELECT i.unit, 'icuinfo' AS part, i.row,
       CASE WHEN i.scs_cutd_inpool_time < s.adm_time THEN 'scs_cutd_inpool_time'
            WHEN i.scs_cutd_exit_time <= i.scs_cutd_inpool_time OR i.scs_cutd_exit_time > s.dscg_time THEN 'scs_cutd_exit_time'
            ELSE 'scs_cutd_sum_dura' END AS field
FROM icuinfo AS i JOIN setlinfo AS s USING (unit)
WHERE i.scs_cutd_inpool_time < s.adm_time
   OR i.scs_cutd_exit_time <= i.scs_cutd_inpool_time
   OR i.scs_cutd_exit_time > s.dscg_time
   OR NOT is_duration(i.scs_cutd_sum_dura)
   OR duration_minutes(i.scs_cutd_sum_dura) <> date_diff('minute', i.scs_cutd_inpool_time, i.scs_cutd_exit_time)
UNION ALL
SELECT unit, 'icuinfo', row, 'scs_cutd_inpool_time'
FROM icuinfo
QUALIFY scs_cutd_inpool_time < lag(scs_cutd_exit_time) OVER (PARTITION BY unit ORDER BY scs_cutd_inpool_time, row)
