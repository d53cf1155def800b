SELECT unit, 'issued' AS field FROM observation WHERE issued < taken - INTERVAL 1 MINUTE
