SELECT unit, 'fixmedins_code' AS field FROM drug_movement WHERE NOT is_institution_code(fixmedins_code)
