SELECT unit, 'bldinfo' AS part, row, CASE WHEN bld_amt IS NULL OR bld_amt <= 0 THEN 'bld_amt' ELSE 'bld_unt' END AS field
FROM bldinfo WHERE bld_amt IS NULL OR bld_amt <= 0 OR bld_unt IS NULL
