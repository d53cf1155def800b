SELECT unit, 'fixmedins_code' AS field FROM case_report WHERE NOT is_institution_code(fixmedins_code)
