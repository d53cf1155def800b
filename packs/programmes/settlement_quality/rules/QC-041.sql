SELECT unit, 'acp_medins_name' AS field FROM setlinfo WHERE dscg_way IN ('2', '3') AND acp_medins_name IS NULL
