SELECT unit, 'name' AS field FROM patient WHERE name IS NULL
