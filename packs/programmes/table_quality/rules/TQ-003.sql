SELECT unit, 'fixmedins_code' AS field FROM outpatient_visit WHERE NOT is_institution_code(fixmedins_code)
