SELECT unit, 'sex' AS field FROM patient
WHERE is_resident_id(resident_id, CAST(received AS DATE)) AND sex IN ('male', 'female')
  AND sex <> CASE resident_id_sex(resident_id) WHEN '1' THEN 'male' ELSE 'female' END
