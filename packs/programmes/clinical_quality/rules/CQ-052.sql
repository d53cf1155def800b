SELECT unit, 'taken' AS field FROM observation WHERE taken > received + INTERVAL 1 DAY
