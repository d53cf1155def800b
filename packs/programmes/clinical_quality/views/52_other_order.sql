-- needs: known_order
SELECT id, org, patient, code, ordered FROM known_order
WHERE patient IS NOT NULL AND code IS NOT NULL AND ordered IS NOT NULL
