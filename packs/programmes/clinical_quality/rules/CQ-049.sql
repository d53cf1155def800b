SELECT unit, 'taken' AS field FROM observation WHERE taken_written IS NULL
