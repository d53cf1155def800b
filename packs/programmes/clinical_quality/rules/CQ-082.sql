SELECT unit, 'given_day' AS field FROM immunization WHERE given_day < birth
