SELECT unit, 'sex' AS field FROM patient WHERE coalesce(sex, 'unknown') = 'unknown'
