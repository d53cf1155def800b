-- needs: fact
-- The patients and encounters that what is judged refers to, where they are not judged themselves.
SELECT DISTINCT split_part(target, '/', 1) AS type, split_part(target, '/', 2) AS id
FROM (SELECT unnest(json_extract_string(
        body, ['$.subject.reference', '$.patient.reference', '$.encounter.reference'])) AS target FROM fact)
WHERE regexp_full_match(target, '(Patient|Encounter)/[A-Za-z0-9.\-]+')
EXCEPT SELECT type, id FROM fact
