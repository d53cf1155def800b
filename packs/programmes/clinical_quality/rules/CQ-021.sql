SELECT unit, 'diagnoses' AS field FROM encounter WHERE status = 'finished' AND diagnoses = 0
