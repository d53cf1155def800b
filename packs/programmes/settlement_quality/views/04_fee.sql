-- needs: fee_line
-- What the fee lines of a case add up to and show.
SELECT unit, med_chrgitm, sum(det_item_fee_sumamt) AS amt, sum(cnt) AS cnt, count(*) AS lines,
       bool_or(contains(medins_list_name, '麻醉')) AS anaesthesia,
       bool_or(contains(medins_list_name, '重症监护') OR contains(medins_list_name, 'ICU')) AS icu,
       bool_or(contains(medins_list_name, '血浆') OR contains(medins_list_name, '红细胞')
               OR contains(medins_list_name, '血小板') OR contains(medins_list_name, '全血')
               OR contains(medins_list_name, '输血')) AS blood,
       bool_or(med_list_codg[1] IN ('X', 'Z', 'T')) AS drug
FROM fee_line
GROUP BY unit, med_chrgitm
