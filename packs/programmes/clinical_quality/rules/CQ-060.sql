SELECT unit, 'code' AS field FROM condition WHERE is_standard = 0
