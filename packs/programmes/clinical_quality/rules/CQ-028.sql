SELECT unit, 'started_day' AS field FROM encounter
WHERE version = 1 AND date_diff('day', CAST(started_day AS DATE), CAST(recorded AS DATE)) BETWEEN $days + 1 AND $history
