SELECT unit, 'days_rinp_flag_31' AS field FROM setlinfo WHERE dscg_way = '5' AND days_rinp_flag_31 = '2'
