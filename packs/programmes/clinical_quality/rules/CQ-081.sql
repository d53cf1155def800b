SELECT unit, 'done_day' AS field FROM procedure
WHERE ended < started OR done_day < birth OR done_day > death + CAST($days AS INTEGER)
