SELECT unit, 'dcla_time' AS field
FROM setlinfo
WHERE date_diff('day', CAST(dscg_time AS DATE), CAST(coalesce(dcla_time, $received) AS DATE)) > $days
