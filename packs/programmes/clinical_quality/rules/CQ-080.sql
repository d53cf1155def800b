SELECT unit, 'code' AS field FROM procedure WHERE is_standard = 0
