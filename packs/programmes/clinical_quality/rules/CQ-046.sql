SELECT unit, 'taken' AS field FROM observation WHERE taken_day < birth OR taken_day > death + CAST($days AS INTEGER)
