-- What the month comes to, for the truth.
INSERT INTO month_log
SELECT getvariable('month_first'), count(*), count(*) FILTER (WHERE tier <> 'hospital'), count(*) FILTER (WHERE prescribed AND visit_type <> '2'),
       count(*) FILTER (WHERE prescribed AND visit_type <> '2' AND antibiotic), count(*) FILTER (WHERE kind = 'outbreak') FROM visit;
