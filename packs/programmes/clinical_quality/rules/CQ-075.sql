SELECT unit, 'ordered_day' AS field FROM medication_request
WHERE version = 1 AND date_diff('day', CAST(ordered_day AS DATE), CAST(recorded AS DATE)) BETWEEN $days + 1 AND $history
