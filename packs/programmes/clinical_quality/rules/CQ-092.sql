SELECT unit, 'institution_code' AS field FROM organization WHERE NOT is_institution_code(institution_code)
UNION ALL
SELECT unit, 'credit_code' FROM organization WHERE NOT is_uscc(credit_code)
