-- Beds and staff in proportion to the residents; nobody works in no institution.
CREATE OR REPLACE TABLE staffing AS
SELECT serial, CASE WHEN tier IN ('hospital', 'township') THEN greatest(1, CAST(round(beds * least(1, getvariable('scale') * 1.15)) AS INTEGER)) ELSE 0 END AS beds,
       CASE WHEN tier IN ('hospital', 'township') THEN greatest(1, CAST(round(doctors * least(1, getvariable('scale') * 1.15)) AS INTEGER)) ELSE doctors END AS doctors,
       CASE WHEN tier IN ('hospital', 'township') THEN greatest(1, CAST(round(nurses * least(1, getvariable('scale') * 1.15)) AS INTEGER)) ELSE nurses END AS nurses
FROM place;
