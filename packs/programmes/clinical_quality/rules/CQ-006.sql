SELECT unit, 'birth' AS field FROM patient
WHERE is_resident_id(resident_id, CAST(received AS DATE)) AND birth <> resident_id_birth(resident_id)
