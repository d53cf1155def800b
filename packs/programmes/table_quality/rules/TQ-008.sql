SELECT unit, 'fixmedins_code' AS field FROM institution_monthly WHERE NOT is_institution_code(fixmedins_code)
