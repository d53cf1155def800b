SELECT unit, 'uscc' AS field FROM institution_monthly WHERE NOT is_uscc(uscc)
