SELECT unit, 'ended' AS field FROM encounter
WHERE class IN ('IMP', 'ACUTE', 'NONAC') AND date_diff('day', started_day, coalesce(ended_day, CAST(received AS DATE))) > $stay
   OR class IN ('AMB', 'EMER') AND date_diff('day', started_day, ended_day) > $visit
