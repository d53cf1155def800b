SELECT unit, 'fixmedins_code' AS field FROM feedetail WHERE NOT is_institution_code(fixmedins_code)
