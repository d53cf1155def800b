-- Charge items: what the fee lines add up to. Fault 5 changes one.
CREATE OR REPLACE TABLE iteminfo AS
SELECT f.setl_id, f.med_chrgitm,
       sum(f.det_item_fee_sumamt) + CASE WHEN any_value(c.fault) = 5 AND f.med_chrgitm = '01' THEN 100 ELSE 0 END AS amt,
       sum(f.det_item_fee_sumamt) + CASE WHEN any_value(c.fault) = 5 AND f.med_chrgitm = '01' THEN 100 ELSE 0 END AS claa_sumfee
FROM feedetail AS f JOIN cases AS c ON 'S' || c.n = f.setl_id
GROUP BY f.setl_id, f.med_chrgitm
ORDER BY f.setl_id, f.med_chrgitm;
