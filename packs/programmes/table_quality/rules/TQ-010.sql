SELECT unit, 'dr_code' AS field FROM prescription WHERE NOT is_doctor_code(dr_code)
