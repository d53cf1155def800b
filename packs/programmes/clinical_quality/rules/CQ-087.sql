SELECT unit, 'issued_day' AS field FROM diagnostic_report
WHERE version = 1 AND date_diff('day', CAST(issued_day AS DATE), CAST(recorded AS DATE)) BETWEEN $days + 1 AND $history
