-- needs: known_encounter
SELECT id, org, patient, class, started FROM known_encounter WHERE started IS NOT NULL AND patient IS NOT NULL
