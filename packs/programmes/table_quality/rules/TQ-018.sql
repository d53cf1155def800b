SELECT unit, 'death_date' AS field FROM resident WHERE death_date < brdy
UNION ALL
SELECT unit, 'moved_in' FROM resident WHERE moved_in < brdy
UNION ALL
SELECT unit, 'moved_out' FROM resident WHERE moved_out < greatest(brdy, coalesce(moved_in, brdy))
