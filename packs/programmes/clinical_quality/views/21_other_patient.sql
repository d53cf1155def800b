-- needs: known_patient
SELECT id, org, resident_id FROM known_patient WHERE resident_id IS NOT NULL
