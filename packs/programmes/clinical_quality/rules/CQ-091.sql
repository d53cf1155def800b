SELECT unit, 'name' AS field FROM practitioner WHERE name IS NULL
