SELECT unit, 'resident_id' AS field FROM patient
WHERE is_resident_id(resident_id, CAST(received AS DATE)) = false
