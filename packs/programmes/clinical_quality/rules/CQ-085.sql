SELECT unit, 'results' AS field FROM diagnostic_report
WHERE status IN ('final', 'amended', 'corrected') AND results = 0 AND conclusion IS NULL AND attached = 0
