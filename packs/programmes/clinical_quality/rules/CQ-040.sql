SELECT unit, 'code' AS field FROM observation WHERE is_standard = 0
