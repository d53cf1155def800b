-- The Western principal diagnosis of each case; more than one where the case has more.
SELECT unit, row, diag_code, adm_cond_type FROM diseinfo WHERE diag_type = '1' AND maindiag_flag = '1'
