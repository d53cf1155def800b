SELECT unit, 'said' AS field FROM observation
WHERE status IN ('final', 'amended', 'corrected') AND said IS NULL AND components = 0 AND members = 0 AND is_absent = 0
