SELECT unit, 'dr_code' AS field FROM outpatient_visit WHERE NOT is_doctor_code(dr_code)
