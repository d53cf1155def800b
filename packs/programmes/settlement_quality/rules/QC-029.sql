SELECT o.unit, 'oprninfo' AS part, o.row,
       CASE WHEN o.oprn_oprt_date IS NULL AND o.oprn_oprt_begntime IS NULL THEN 'oprn_oprt_date' ELSE 'oper_dr_code' END AS field
FROM oprninfo AS o
WHERE (o.oprn_oprt_code IN (SELECT code FROM member WHERE "set" = 'operation')
       AND (o.oper_dr_code IS NULL OR (o.oprn_oprt_date IS NULL AND o.oprn_oprt_begntime IS NULL)))
   OR NOT is_doctor_code(o.oper_dr_code)
