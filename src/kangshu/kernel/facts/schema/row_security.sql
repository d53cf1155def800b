-- Row-level security: the second lock behind the conditions the Reader writes itself.
--
-- A Reader's transaction takes the role `kangshu_reader` and says in the setting `kangshu.scope` (JSON, see
-- row_security.py) which rows its grant lets through. Without the setting no row is seen. The role may read the
-- parent table `fact` only, never a partition, so the policy on the parent cannot be walked around.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kangshu_reader') THEN
    CREATE ROLE kangshu_reader NOLOGIN NOBYPASSRLS;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;  -- another database of the same server was migrated at the same moment
END
$$;
DO $$
BEGIN
  EXECUTE format('GRANT kangshu_reader TO %I', current_user);
END
$$;

CREATE FUNCTION kangshu_scope_flag(part text) RETURNS boolean
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce((nullif(current_setting('kangshu.scope', true), '')::jsonb ->> part)::boolean, false);

-- NULL if the scope does not have that part.
CREATE FUNCTION kangshu_scope_texts(part text) RETURNS text[]
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT array_agg(value)
    FROM jsonb_array_elements_text(nullif(current_setting('kangshu.scope', true), '')::jsonb -> part)
  $$;

CREATE FUNCTION kangshu_scope_numbers(part text) RETURNS bigint[]
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT kangshu_scope_texts(part)::bigint[] $$;

ALTER TABLE fact ENABLE ROW LEVEL SECURITY;

-- Every (SELECT …) is evaluated once per query, not once per row.
CREATE POLICY fact_in_scope ON fact FOR SELECT TO kangshu_reader USING (
  (
    (
      (SELECT kangshu_scope_flag('everything'))
      OR org = ANY ((SELECT kangshu_scope_texts('orgs'))::text[])
      OR county = ANY ((SELECT kangshu_scope_texts('counties'))::text[])
      OR person = ANY ((SELECT kangshu_scope_numbers('persons'))::bigint[])
    )
    AND (
      (SELECT NOT kangshu_scope_flag('narrowed'))
      OR type = ANY ((SELECT kangshu_scope_texts('types'))::text[])
    )
  )
  OR type = ANY ((SELECT kangshu_scope_texts('open_types'))::text[])
);
GRANT SELECT ON fact TO kangshu_reader;
