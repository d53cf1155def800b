-- needs: stored_case
-- Mean cost of earlier cases by the first four characters of the principal diagnosis (the DIP key).
SELECT left(principal, 5) AS dx4, avg(medfee_sumamt) AS mean, count(*) AS cases FROM stored_case GROUP BY ALL
