-- needs: stored_setlinfo
-- Cases landed before, with their principal diagnosis.
SELECT fixmedins_code, setl_id, mdtrt_id, certno, adm_time, dscg_time, dscg_way, days_rinp_flag_31, medfee_sumamt,
       list_filter(diseinfo, lambda d: d.diag_type = '1' AND d.maindiag_flag = '1')[1].diag_code AS principal
FROM stored_setlinfo
