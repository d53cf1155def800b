SELECT unit, 'oprninfo' AS part, row, 'anst_way' AS field FROM oprninfo WHERE oprn_lv >= $level AND coalesce(anst_way, '00') = '00'
