SELECT unit, 'bilg_dr_codg' AS field FROM feedetail WHERE NOT is_doctor_code(bilg_dr_codg)
