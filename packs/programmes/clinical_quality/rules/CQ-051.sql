SELECT unit, 'taken_day' AS field FROM observation
WHERE version = 1 AND date_diff('day', CAST(taken_day AS DATE), CAST(recorded AS DATE)) BETWEEN $days + 1 AND $history
