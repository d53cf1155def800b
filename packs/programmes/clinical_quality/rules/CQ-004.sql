SELECT unit, 'phone' AS field FROM patient WHERE phone IS NULL AND died = 0
