-- Days of stay (at least one), and age at admission in days and in full years.
SELECT unit, adm_time, dscg_time,
       greatest(1, date_diff('day', CAST(adm_time AS DATE), CAST(dscg_time AS DATE))) AS days,
       date_diff('day', brdy, CAST(adm_time AS DATE)) AS age_days,
       date_sub('year', brdy, CAST(adm_time AS DATE)) AS age_years
FROM setlinfo
