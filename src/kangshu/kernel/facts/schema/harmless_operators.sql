-- Behind row security PostgreSQL uses an index, and the statistics of a column, only for operators that cannot
-- leak a hidden value by an error or a message. These cannot: what they raise depends on the pattern, which the
-- asker wrote, and on memory. Only a superuser may say so; elsewhere searches stay correct and become slower. A dump does not carry
-- this, so it is run whenever the schema is brought up to date.
DO $$
DECLARE
  harmless regprocedure;
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    RAISE NOTICE 'A superuser has to run harmless_operators.sql for searches to be fast.';
    RETURN;
  END IF;
  FOREACH harmless IN ARRAY ARRAY[
    'arraycontains(anyarray, anyarray)', 'arraycontained(anyarray, anyarray)', 'arrayoverlap(anyarray, anyarray)',
    'textlike(text, text)', 'textnlike(text, text)', 'texticlike(text, text)', 'texticnlike(text, text)',
    'textregexeq(text, text)', 'texticregexeq(text, text)', 'starts_with(text, text)',
    'token(text)', 'textcat(text, text)'
  ]::regprocedure[] LOOP
    EXECUTE format('ALTER FUNCTION %s LEAKPROOF', harmless);
  END LOOP;
END
$$;
