SELECT unit, 'fixmedins_code' AS field FROM prescription WHERE NOT is_institution_code(fixmedins_code)
