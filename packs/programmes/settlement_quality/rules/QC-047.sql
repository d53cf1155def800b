SELECT unit, 'fee_line' AS part, row, 'det_item_fee_sumamt' AS field
FROM fee_line WHERE abs(det_item_fee_sumamt - cnt * pric) > $tolerance
UNION ALL
SELECT r.unit, 'fee_line', r.row, 'cnt'
FROM fee_line AS r
LEFT JOIN fee_line AS o ON o.unit = r.unit AND o.feedetl_sn = r.init_feedetl_sn AND o.cnt > 0
WHERE r.cnt < 0 AND r.unit NOT IN (SELECT unit FROM setlinfo_lines_aside) AND (o.cnt IS NULL OR -r.cnt > o.cnt)
