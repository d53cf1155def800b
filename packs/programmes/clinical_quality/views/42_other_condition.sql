-- needs: known_condition
SELECT id, org, patient, coalesce(encounter, '') AS encounter, code, onset_written FROM known_condition
WHERE patient IS NOT NULL AND code IS NOT NULL AND onset_written IS NOT NULL
