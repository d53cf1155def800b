SELECT unit, 'taken' AS field FROM observation
WHERE taken_day < started_day - CAST($days AS INTEGER) OR taken_day > ended_day + CAST($days AS INTEGER)
