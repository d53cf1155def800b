WITH used AS (
  SELECT unit, CAST(NULL AS VARCHAR) AS part, CAST(NULL AS BIGINT) AS row, c.field, c.set, c.code
  FROM (SELECT unit, unnest([
    {'field': 'gend', 'set': 'gend', 'code': gend},
    {'field': 'naty', 'set': 'naty', 'code': naty},
    {'field': 'patn_cert_type', 'set': 'cert_type', 'code': patn_cert_type},
    {'field': 'mrg_stas', 'set': 'mrg_stas', 'code': mrg_stas},
    {'field': 'hi_type', 'set': 'hi_type', 'code': hi_type},
    {'field': 'nwb_adm_type', 'set': 'nwb_adm_type', 'code': nwb_adm_type},
    {'field': 'ipt_med_type', 'set': 'ipt_med_type', 'code': ipt_med_type},
    {'field': 'adm_way', 'set': 'adm_way', 'code': adm_way},
    {'field': 'trt_type', 'set': 'trt_type', 'code': trt_type},
    {'field': 'dscg_way', 'set': 'dscg_way', 'code': dscg_way},
    {'field': 'days_rinp_flag_31', 'set': 'rinp_flag', 'code': days_rinp_flag_31},
    {'field': 'hi_paymtd', 'set': 'hi_paymtd', 'code': hi_paymtd},
    {'field': 'stas_type', 'set': 'stas_type', 'code': stas_type}
  ]) AS c FROM setlinfo)
  UNION ALL
  SELECT unit, 'diseinfo', row, 'diag_type', 'diag_type', diag_type FROM diseinfo
  UNION ALL
  SELECT unit, 'diseinfo', row, 'adm_cond_type', 'adm_cond_type', adm_cond_type FROM diseinfo
  UNION ALL
  SELECT unit, 'diseinfo', row, 'maindiag_flag', 'yes_no', maindiag_flag FROM diseinfo
  UNION ALL
  SELECT unit, 'oprninfo', row, 'oprn_oprt_type', 'oprn_oprt_type', oprn_oprt_type FROM oprninfo
  UNION ALL
  SELECT unit, 'oprninfo', row, 'anst_way', 'anst_way', anst_way FROM oprninfo
  UNION ALL
  SELECT unit, 'icuinfo', row, 'scs_cutd_ward_type', 'ward_type', scs_cutd_ward_type FROM icuinfo
  UNION ALL
  SELECT unit, 'bldinfo', row, 'bld_cat', 'bld_cat', bld_cat FROM bldinfo
  UNION ALL
  SELECT unit, 'iteminfo', row, 'med_chrgitm', 'med_chrgitm', med_chrgitm FROM iteminfo
  UNION ALL
  SELECT unit, 'payinfo', row, 'fund_pay_type', 'fund_pay_type', fund_pay_type FROM payinfo
)
SELECT u.unit, u.part, u.row, u.field
FROM used AS u
ANTI JOIN value_set AS v ON v.set = u.set AND v.code = u.code
WHERE u.code IS NOT NULL
