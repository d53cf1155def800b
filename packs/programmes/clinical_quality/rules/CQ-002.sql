SELECT unit, 'birth' AS field FROM patient WHERE birth_written IS NULL
