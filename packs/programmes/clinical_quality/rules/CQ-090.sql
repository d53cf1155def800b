SELECT unit, 'doctor_code' AS field FROM practitioner WHERE NOT is_doctor_code(doctor_code)
