SELECT f.unit, f.field
FROM (
  SELECT unit, dscg_time, unnest([
    CASE WHEN medcasno IS NULL THEN 'medcasno' END,
    CASE WHEN psn_name IS NULL THEN 'psn_name' END,
    CASE WHEN gend IS NULL THEN 'gend' END,
    CASE WHEN brdy IS NULL THEN 'brdy' END,
    CASE WHEN patn_cert_type IS NULL THEN 'patn_cert_type' END,
    CASE WHEN certno IS NULL THEN 'certno' END,
    CASE WHEN hi_type IS NULL THEN 'hi_type' END,
    CASE WHEN insuplc IS NULL THEN 'insuplc' END,
    CASE WHEN adm_way IS NULL THEN 'adm_way' END,
    CASE WHEN trt_type IS NULL THEN 'trt_type' END,
    CASE WHEN adm_time IS NULL THEN 'adm_time' END,
    CASE WHEN adm_caty IS NULL THEN 'adm_caty' END,
    CASE WHEN dscg_time IS NULL THEN 'dscg_time' END,
    CASE WHEN dscg_caty IS NULL THEN 'dscg_caty' END,
    CASE WHEN act_ipt_days IS NULL THEN 'act_ipt_days' END,
    CASE WHEN diag_code_cnt IS NULL THEN 'diag_code_cnt' END,
    CASE WHEN dscg_way IS NULL THEN 'dscg_way' END,
    CASE WHEN days_rinp_flag_31 IS NULL THEN 'days_rinp_flag_31' END,
    CASE WHEN setl_begn_date IS NULL THEN 'setl_begn_date' END,
    CASE WHEN setl_end_date IS NULL THEN 'setl_end_date' END,
    CASE WHEN medfee_sumamt IS NULL THEN 'medfee_sumamt' END,
    CASE WHEN hi_paymtd IS NULL THEN 'hi_paymtd' END,
    CASE WHEN fixmedins_name IS NULL THEN 'fixmedins_name' END,
    CASE WHEN chfpdr_code IS NULL THEN 'chfpdr_code' END,
    CASE WHEN resp_nurs_code IS NULL THEN 'resp_nurs_code' END,
    CASE WHEN ntly IS NULL THEN 'ntly' END,
    CASE WHEN naty IS NULL THEN 'naty' END,
    CASE WHEN prfs IS NULL THEN 'prfs' END,
    CASE WHEN coner_name IS NULL THEN 'coner_name' END,
    CASE WHEN coner_tel IS NULL THEN 'coner_tel' END,
    CASE WHEN bill_code IS NULL THEN 'bill_code' END,
    CASE WHEN bill_no IS NULL THEN 'bill_no' END,
    CASE WHEN ipt_med_type IS NULL THEN 'ipt_med_type' END
  ]) AS field
  FROM setlinfo
) AS f
JOIN mandatory AS m ON m.field = f.field
WHERE f.dscg_time IS NULL OR f.dscg_time >= CAST(m.since AS TIMESTAMP)
