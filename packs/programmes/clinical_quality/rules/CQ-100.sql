SELECT unit, 'came' AS field FROM feed_day WHERE came = 0 AND same_weekday >= $weeks
