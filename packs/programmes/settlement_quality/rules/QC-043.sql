SELECT unit, 'days_rinp_pup_31' AS field FROM setlinfo WHERE days_rinp_flag_31 = '2' AND days_rinp_pup_31 IS NULL
