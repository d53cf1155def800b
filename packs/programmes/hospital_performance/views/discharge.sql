-- Discharges, one row each: what the front page and the settlement lists of the stay say.
WITH settled AS (
  SELECT fixmedins_code, medcasno, CAST(dscg_time AS DATE) AS discharged, min(CAST(adm_time AS DATE)) AS admitted,
    max(act_ipt_days) AS days, max(adm_way) AS adm_way, max(dscg_way) AS dscg_way, sum(medfee_sumamt) AS cost,
    sum(fund_pay_sumamt) AS fund, max(CASE WHEN ipt_med_type = '2' THEN 1 WHEN ipt_med_type = '1' THEN 0 END) AS day_case,
    max(_recorded_at) AS recorded
  FROM setlinfo WHERE dscg_time IS NOT NULL AND medcasno IS NOT NULL
  GROUP BY fixmedins_code, medcasno, CAST(dscg_time AS DATE)
), medicine AS (
  SELECT i.fixmedins_code, i.medcasno, i.discharged, sum(i.item.amt) AS amount
  FROM (SELECT fixmedins_code, medcasno, CAST(dscg_time AS DATE) AS discharged, unnest(iteminfo) AS item
    FROM setlinfo WHERE dscg_time IS NOT NULL) AS i
  WHERE i.item.med_chrgitm IN ('09', '10', '11')
  GROUP BY i.fixmedins_code, i.medcasno, i.discharged
), settled_whole AS (
  SELECT s.*, coalesce(m.amount, 0) AS drug_cost
  FROM settled AS s LEFT JOIN medicine AS m
    ON m.fixmedins_code = s.fixmedins_code AND m.medcasno = s.medcasno AND m.discharged = s.discharged
), front AS (
  SELECT fixmedins_code, medcasno, CAST(dscg_time AS DATE) AS discharged, min(CAST(adm_time AS DATE)) AS admitted,
    max(act_ipt_days) AS days, max(adm_way) AS adm_way, max(dscg_way) AS dscg_way, sum(medfee_sumamt) AS cost,
    max(_recorded_at) AS recorded
  FROM front_page GROUP BY fixmedins_code, medcasno, CAST(dscg_time AS DATE)
), stay AS (
  SELECT coalesce(f.fixmedins_code, s.fixmedins_code) AS institution, coalesce(f.medcasno, s.medcasno) AS record,
    coalesce(f.discharged, s.discharged) AS discharged, coalesce(f.admitted, s.admitted) AS admitted,
    coalesce(f.days, s.days) AS days, coalesce(f.adm_way, s.adm_way) AS adm_way, coalesce(f.dscg_way, s.dscg_way) AS dscg_way,
    coalesce(f.cost, s.cost) AS cost, s.fund, s.drug_cost, s.day_case, coalesce(s.recorded, f.recorded) AS recorded
  FROM front AS f FULL OUTER JOIN settled_whole AS s
    ON s.fixmedins_code = f.fixmedins_code AND s.medcasno = f.medcasno AND s.discharged = f.discharged
), operated AS (
  SELECT institution, record, discharged, max(level) AS level FROM discharge_operation GROUP BY institution, record, discharged
)
SELECT concat_ws('|', t.institution, t.record, CAST(t.discharged AS VARCHAR)) AS id, t.institution, t.record, t.discharged,
  CASE WHEN t.days >= 1 THEN t.days WHEN t.discharged > t.admitted THEN date_diff('day', t.admitted, t.discharged) ELSE 1 END AS days,
  CASE WHEN t.adm_way IS NULL THEN NULL WHEN t.adm_way = '1' THEN 0 ELSE 1 END AS elective,
  CASE WHEN t.dscg_way IS NULL THEN NULL WHEN t.dscg_way = '5' THEN 1 ELSE 0 END AS died,
  t.day_case, t.cost, t.fund, t.drug_cost, o.level, t.recorded
FROM stay AS t LEFT JOIN operated AS o
  ON o.institution = t.institution AND o.record = t.record AND o.discharged = t.discharged
