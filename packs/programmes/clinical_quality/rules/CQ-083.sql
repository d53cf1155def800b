SELECT unit, 'lot' AS field FROM immunization WHERE lot IS NULL AND is_own = 1
