"""Spark for one piece of work, spoken to as the engine of the lake is: in the SQL of DuckDB."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sqlglot import exp

from kangshu.kernel.base.errors import NotSupported
from kangshu.kernel.lake.arrow import Arrow
from kangshu.kernel.lake.engine import Unreadable, engine
from kangshu.kernel.views.compile import CompiledView
from kangshu.kernel.views.spark.dialect import Schema, parse_statement, to_spark
from kangshu.kernel.views.spark.macros import DIALECT, Macro, macro_of, parse_macros, written_out
from kangshu.kernel.views.spark.outside import Outside, as_batches
from kangshu.kernel.views.spark.partitions import rows_of_partition, schema_of
from kangshu.kernel.views.spark.session import spark_module


class SparkEngine:
    """Relations under names, and statements over them. For one thread.

    It takes the statements that indicators and rules are counted with, so there is one algorithm for both
    engines: SELECT, CREATE TABLE or VIEW, INSERT, DROP TABLE, CREATE MACRO.
    """

    def __init__(self, session: Any, macros: str = "") -> None:
        self._session = session.newSession()
        self._relations: dict[str, Any] = {}
        self._schema: dict[str, dict[str, str]] = {}
        self._macros: dict[str, Macro] = parse_macros(macros) if macros else {}
        self._known: set[str] = set()

    def run(self, statement: str, parameters: object = None) -> None:
        """Run a statement for its effect. Raises `NotSupported` for what has no counterpart."""
        tree = parse_statement(statement)
        if isinstance(tree, exp.Create) and isinstance(tree.this, exp.UserDefinedFunction):
            name, macro = macro_of(tree)
            self._macros[name] = Macro(macro.arguments, written_out(macro.body, self._macros))
        elif isinstance(tree, exp.Create):
            self._create(tree, parameters)
        elif isinstance(tree, exp.Insert):
            self._insert(tree, parameters)
        elif isinstance(tree, exp.Drop):
            self._drop(_table_of(tree))
        else:
            raise NotSupported(f"Spark has no counterpart for a statement {tree.key.upper()}.")

    def read(self, statement: str, parameters: object = None) -> None:
        """The same on what somebody sent. Raises `Unreadable` where that is not what it should be."""
        with self._reading():
            self.run(statement, parameters)

    def rows(self, query: str, parameters: object = None) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        found = self._frame(parse_statement(query), parameters).toArrow()
        columns = [column.to_pylist() for column in found.columns]
        return list(zip(*columns, strict=True)) if columns else []

    def one(self, query: str, parameters: object = None) -> Any:
        """The first value of the first row."""
        found = self.rows(query, parameters)
        return found[0][0] if found else None

    def names_read(self, query: str) -> list[str]:
        """The columns of a query. Raises `Unreadable` where Spark does not understand it."""
        with self._reading():
            return list(self._frame(parse_statement(query), None).columns)

    def arrow(self, query: str) -> Arrow:
        """The rows of a query, as one table of Arrow."""
        return self._frame(parse_statement(query), None).toArrow()

    def offer(self, name: str, data: Arrow) -> None:
        """Let statements read an Arrow table or dataset under a name. It goes through this process."""
        table = data.to_table() if hasattr(data, "to_table") else data
        self._register(name, self._session.createDataFrame(table))

    def can_read(self, query: str) -> bool:
        """Whether everything a query over files names is there: DuckDB looks at their heads."""
        with engine() as work:
            return work.can_read(query)

    def offer_view(self, name: str, view: CompiledView, source: str, over: str) -> None:
        """Make a compiled ViewDefinition from a relation with a column `body`, on each partition by DuckDB.

        `over`: the name the view's SELECT reads from.
        """
        bodies = self._relations[source].select("body")
        wanted = self._types(schema_of(view.sql, over))
        self._register(name, bodies.mapInArrow(rows_of_partition(view.sql, over), wanted), kept=True)

    def close(self) -> None:
        """Let go of what was kept in memory."""
        for name in list(self._relations):
            self._drop(name)

    def _create(self, tree: exp.Create, parameters: object) -> None:
        target, query = tree.this, tree.args.get("expression")
        if query is not None:
            self._register(target.name, self._frame(query, parameters), kept=tree.args["kind"] == "TABLE")
        elif tree.args.get("exists") and target.this.name.lower() in self._relations:
            return
        else:
            heads = ", ".join(each.sql("spark", identify=True) for each in target.expressions)
            heads = heads.replace(" TIMESTAMP", " TIMESTAMP_NTZ").replace("_NTZ_NTZ", "_NTZ")
            self._register(target.this.name, self._session.createDataFrame([], heads))

    def _insert(self, tree: exp.Insert, parameters: object) -> None:
        name = tree.this.name
        there = self._relations[name.lower()]
        more = self._frame(cast("exp.Expr", tree.expression), parameters)
        if tree.args.get("by_name"):
            self._register(name, there.unionByName(more, allowMissingColumns=True), kept=True)
        else:
            self._register(name, there.union(more), kept=True)

    def _drop(self, name: str) -> None:
        found = self._relations.pop(name.lower(), None)
        self._schema.pop(name.lower(), None)
        if found is not None:
            found.unpersist()
            self._session.catalog.dropTempView(name)

    def _register(self, name: str, frame: Any, *, kept: bool = False) -> None:
        found = frame.persist() if kept else frame
        found.createOrReplaceTempView(name)
        self._relations[name.lower()] = found
        self._schema[name.lower()] = {column.lower(): _duck(type_) for column, type_ in frame.dtypes}

    def _frame(self, query: exp.Expr, parameters: object) -> Any:
        files = query.find(exp.ReadParquet)
        if files is not None:
            return self._files(
                query.sql(DIALECT), [str(each.name) for each in files.expressions[0].expressions]
            )
        values: Mapping[str, Any] = cast("Any", parameters) if isinstance(parameters, Mapping) else {}
        schema: Schema = self._schema
        found = to_spark(query, schema, self._macros, values)
        for each in found.outside:
            self._teach(each)
        return self._session.sql(found.sql)

    def _files(self, query: str, paths: Sequence[str]) -> Any:
        """Parquet files, which every executor must be able to read, with the types that DuckDB finds."""
        with engine() as work:
            wanted = self._types(work.arrow(query).schema)
        folders = [Path(path).parent for path in paths]
        root = next(each for each in (folders[0], *folders[0].parents) if "=" not in each.name)
        found = self._session.read.schema(wanted).option("basePath", str(root)).parquet(*paths)
        # Spark puts what the folders are named after last.
        return found.select(*wanted.names)

    def _types(self, schema: Any) -> Any:
        return spark_module("pyspark.sql.pandas.types").from_arrow_schema(schema, prefer_timestamp_ntz=True)

    def _teach(self, outside: Outside) -> None:
        if outside.name in self._known:
            return
        types = spark_module("pyspark.sql.pandas.types")
        wanted = types.from_arrow_type(outside.schema(), prefer_timestamp_ntz=True)
        function = spark_module("pyspark.sql.functions").arrow_udf(
            as_batches(outside.sql, len(outside.types)), wanted
        )
        self._session.udf.register(outside.name, function)
        self._known.add(outside.name)

    @contextmanager
    def _reading(self) -> Generator[None]:
        try:
            yield
        except spark_module("pyspark.errors").PySparkException as error:
            raise Unreadable(str(error)) from None


def _table_of(tree: exp.Expr) -> str:
    found = tree.find(exp.Table)
    assert found is not None
    return found.name


def _duck(type_: str) -> str:
    """A type as DuckDB writes it."""
    return exp.DataType.build(type_, dialect="spark").sql("duckdb")


@contextmanager
def spark_engine(session: Any, macros: str = "") -> Generator[SparkEngine]:
    """An engine while the block runs."""
    work = SparkEngine(session, macros)
    try:
        yield work
    finally:
        work.close()


def macros_of(paths: Sequence[Path]) -> str:
    """The macros of packs, as one text."""
    return "\n".join(path.read_text("utf-8") for path in paths)
