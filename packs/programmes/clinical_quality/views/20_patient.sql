-- needs: known_patient
SELECT unit, id, org, person, received, recorded, resident_id, health_card, name, birth_written, birth, sex, phone, death, died
FROM known_patient WHERE judged
