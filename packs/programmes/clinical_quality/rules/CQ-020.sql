SELECT unit, 'ended' AS field FROM encounter WHERE ended < started OR ended_day < started_day
