SELECT unit, 'diseinfo' AS part, row, 'adm_cond_type' AS field FROM principal WHERE adm_cond_type = '4'
