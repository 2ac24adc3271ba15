"""Hive's DDL as Athena takes it: databases, tables, SHOW and DESCRIBE."""

from __future__ import annotations

from local_athena.sql import nodes
from local_athena.sql.errors import DdlFault, SeveralStatements
from local_athena.sql.nodes import Identifier, Name, Statement
from local_athena.sql.parser import lexer
from local_athena.sql.parser.hive_alter import AlterParser
from local_athena.sql.parser.hive_cursor import HiveTokens

_FORMATS = frozenset({"SEQUENCEFILE", "TEXTFILE", "RCFILE", "ORC", "PARQUET", "AVRO", "ION"})
_TRANSFORMS = {"year": False, "month": False, "day": False, "hour": False}
_COUNTED_TRANSFORMS = frozenset({"bucket", "truncate"})
_DELIMITERS = (
    (("COLLECTION", "ITEMS", "TERMINATED", "BY"), "colelction.delim"),
    (("MAP", "KEYS", "TERMINATED", "BY"), "mapkey.delim"),
    (("LINES", "TERMINATED", "BY"), "line.delim"),
    (("NULL", "DEFINED", "AS"), "serialization.null.format"),
)


class HiveParser(AlterParser):
    """The statements of Hive's grammar."""

    def whole(self) -> Statement:
        """The only statement of the text; a semicolon may end it.

        Raises:
            DdlFault: the text is no DDL statement.
            SeveralStatements: it goes on after a semicolon.
        """
        statement = self._statement()
        if self.key != lexer.END and self.key != ";":
            text = self.tokens.texts
            raise DdlFault(
                f"missing EOF at '{text[self.index]}' near '{text[self.index - 1]}'", self.at()
            )
        at = self.at()
        if self.key == ";":
            self.advance()
        if self.key != lexer.END:
            raise SeveralStatements(self.tokens.text, at)
        return statement

    def _statement(self) -> Statement:
        at, first, second = self.at(), self.key, self.peek()
        if first == "CREATE":
            if second in ("DATABASE", "SCHEMA"):
                return self._create_database(at)
            return self._create_table(at)
        if first == "DROP":
            return self._drop(at)
        if first == "ALTER":
            return self.alter()
        if first == "SHOW":
            return self._show(at)
        if first == "DESCRIBE" or first == "DESC":
            return self._describe(at)
        self.expect_words("MSCK", "REPAIR", "TABLE")
        return nodes.RepairTable(at, self.table_name())

    # ------------------------------------------------------------ databases, drops

    def _create_database(self, at: nodes.At) -> Statement:
        self.advance()
        self.advance()
        if_not_exists = self._if_not_exists()
        name = self._database_name()
        comment = self.string() if self.accept("COMMENT") else None
        location = self.string() if self.accept("LOCATION") else None
        properties: tuple[tuple[str, str], ...] = ()
        if self.accept("WITH"):
            self.expect("DBPROPERTIES")
            properties = self.string_pairs()
        return nodes.CreateDatabase(at, name, if_not_exists, comment, location, properties)

    def _if_not_exists(self) -> bool:
        if self.accept("IF"):
            self.expect_words("NOT", "EXISTS")
            return True
        return False

    def _database_name(self) -> Name:
        parts = [self.named("database name")]
        if self.accept("."):
            parts.append(self.named("database name"))
        return Name(parts[0].at, tuple(parts))

    def _drop(self, at: nodes.At) -> Statement:
        self.advance()
        table = self.accept("TABLE")
        if not table and not self.accept("DATABASE"):
            self.expect("SCHEMA")
        if_exists = self.accept_words("IF", "EXISTS")
        if table:
            return nodes.DropTable(at, self.table_name(), if_exists)
        name = self._database_name()
        cascade = self.accept("CASCADE")
        if not cascade:
            self.accept("RESTRICT")
        return nodes.DropDatabase(at, name, if_exists, cascade)

    # ------------------------------------------------------------ create table

    def _create_table(self, at: nodes.At) -> Statement:
        self.advance()
        external = self.accept("EXTERNAL")
        self.expect("TABLE")
        if_not_exists = self._if_not_exists()
        table = self.table_name()
        columns: tuple[nodes.ColumnDefinition, ...] = ()
        if self.key == "(":
            columns = self.column_definitions()
        comment = self.string() if self.accept("COMMENT") else None
        partition_columns, transforms = self._partitioned_by()
        clustered_by, buckets = self._clustered_by()
        serde, serde_properties, delimited = self._row_format()
        stored_as, input_format, output_format = self._stored_as()
        if self.accept("WITH"):
            self.expect("SERDEPROPERTIES")
            serde_properties += self.string_pairs()
        location = self.string() if self.accept("LOCATION") else None
        properties = self.string_pairs() if self.accept("TBLPROPERTIES") else ()
        return nodes.CreateTable(
            at,
            table,
            external,
            if_not_exists,
            columns,
            comment,
            partition_columns,
            transforms,
            clustered_by,
            buckets,
            serde,
            serde_properties,
            delimited,
            stored_as,
            input_format,
            output_format,
            location,
            properties,
        )

    def _partitioned_by(
        self,
    ) -> tuple[tuple[nodes.ColumnDefinition, ...], tuple[nodes.PartitionTransform, ...]]:
        """Hive's columns with types, or Iceberg's columns and transforms."""
        if not self.accept("PARTITIONED"):
            return (), ()
        self.expect("BY")
        columns: list[nodes.ColumnDefinition] = []
        transforms: list[nodes.PartitionTransform] = []
        self.expect("(")
        while True:
            if self.peek() in ("(", ",", ")"):
                transforms.append(self._transform())
            else:
                columns.append(self.column_definition())
            if not self.accept(","):
                break
        at = self.at()
        self.expect(")")
        if columns and transforms:
            raise DdlFault("partition columns with and without a type cannot be mixed", at)
        return tuple(columns), tuple(transforms)

    def _transform(self) -> nodes.PartitionTransform:
        """A column or a transform of one; awswrangler writes columns here without quotes."""
        at = self.at()
        if self.peek() != "(":
            return nodes.PartitionTransform(
                at, "identity", self.named("partition transform", reserved=True)
            )
        word = self.key.lower()
        if word not in _TRANSFORMS and word not in _COUNTED_TRANSFORMS:
            raise self.refusal("partition transform")
        self.advance()
        self.expect("(")
        argument = None
        if word in _COUNTED_TRANSFORMS and self.key == lexer.INTEGER:
            argument = self.integer()
            self.expect(",")
        column = self.named("partition transform", reserved=True)
        if word in _COUNTED_TRANSFORMS and argument is None:  # Amazon writes truncate(col, L) too
            self.expect(",")
            argument = self.integer()
        self.expect(")")
        return nodes.PartitionTransform(at, word, column, argument)

    def _clustered_by(self) -> tuple[tuple[Identifier, ...], int | None]:
        if not self.accept("CLUSTERED"):
            return (), None
        self.expect("BY")
        columns = self.identifier_list()
        self.expect("INTO")
        buckets = self.integer()
        self.expect("BUCKETS")
        return columns, buckets

    def _row_format(
        self,
    ) -> tuple[str | None, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        """SerDe class, its properties, and what DELIMITED sets (by the SerDe's property names)."""
        if not self.accept("ROW"):
            return None, (), ()
        self.expect("FORMAT")
        if self.accept("SERDE"):
            serde = self.string()
            properties: tuple[tuple[str, str], ...] = ()
            if self.accept("WITH"):
                self.expect("SERDEPROPERTIES")
                properties = self.string_pairs()
            return serde, properties, ()
        self.expect("DELIMITED")
        delimited: list[tuple[str, str]] = []
        if self.accept_words("FIELDS", "TERMINATED", "BY"):
            value = self.string()
            delimited += [("field.delim", value), ("serialization.format", value)]
            if self.accept_words("ESCAPED", "BY"):
                delimited.append(("escape.delim", self.string()))
        for words, key in _DELIMITERS:
            if self.accept_words(*words):
                delimited.append((key, self.string()))
        return None, (), tuple(delimited)

    def _stored_as(self) -> tuple[str | None, str | None, str | None]:
        """File format in lower case, or input and output format classes."""
        if not self.accept("STORED"):
            return None, None, None
        self.expect("AS")
        if self.accept("INPUTFORMAT"):
            input_format = self.string()
            self.expect("OUTPUTFORMAT")
            return None, input_format, self.string()
        if self.key not in _FORMATS:
            raise self.refusal("file format specification")
        return self.keys[self.advance()].lower(), None, None

    # ------------------------------------------------------------ show, describe

    def _show(self, at: nodes.At) -> Statement:
        self.advance()
        if self.accept("DATABASES") or self.accept("SCHEMAS"):
            pattern = self.string() if self.accept("LIKE") else None
            return nodes.Show(at, "databases", None, pattern)
        if self.accept("TABLES"):
            database = self._of_database()
            like = self.accept("LIKE")
            pattern = self.string() if like or self.key == lexer.STRING else None
            return nodes.Show(at, "tables", database, pattern)
        if self.accept("VIEWS"):
            database = self._of_database()
            pattern = self.string() if self.accept("LIKE") else None
            return nodes.Show(at, "views", database, pattern)
        if self.accept("COLUMNS"):
            return self._show_columns(at)
        if self.accept("PARTITIONS"):
            return nodes.Show(at, "partitions", self.table_name())
        if self.accept("CREATE"):
            if self.accept("VIEW"):
                return nodes.Show(at, "create view", self.view_name())
            self.expect("TABLE")
            return nodes.Show(at, "create table", self.table_name())
        if self.accept("FUNCTIONS"):
            pattern = self.string() if self.accept("LIKE") else None
            return nodes.Show(at, "functions", None, pattern)
        self.expect("TBLPROPERTIES")
        table = self.table_name()
        key = None
        if self.accept("("):
            key = self.string()
            self.expect(")")
        return nodes.Show(at, "tblproperties", table, None, key)

    def _of_database(self) -> Name | None:
        if self.accept("IN") or self.accept("FROM"):
            return self._database_name()
        return None

    def _show_columns(self, at: nodes.At) -> Statement:
        if not self.accept("IN"):
            self.expect("FROM")
        table = self.table_name()
        database = self._of_database()
        if database is not None:
            if len(table.parts) > 1:
                raise DdlFault("Duplicates declaration for database name", database.at)
            table = Name(table.at, (*database.parts, *table.parts))
        return nodes.Show(at, "columns", table)

    def _describe(self, at: nodes.At) -> Statement:
        self.advance()
        mode = None
        for word in ("EXTENDED", "FORMATTED"):
            if self.key == word and self.peek() not in (lexer.END, ".", ";"):
                self.advance()
                mode = word.lower()
                break
        if self.key == "TABLE" and self.peek() not in (lexer.END, ".", ";"):
            named = Identifier(self.at(), self.tokens.texts[self.advance()])
            table = Name(named.at, (named,))  # DESCRIBE TABLE t looks for a table named `table`
        else:
            table = self.table_name()
        partition = self.partition_spec() if self.accept("PARTITION") else None
        column: list[Identifier] = []
        if self.names[self.index]:
            column.append(self.identifier())
            while self.accept("."):
                if self.key == lexer.STRING:
                    column.append(Identifier(self.at(), self.string(), True))
                else:
                    column.append(self.identifier())
        return nodes.Describe(at, table, mode, partition, tuple(column))


def parse_hive(text: str, start: int) -> Statement:
    """Parse the DDL statement that begins at offset `start` of the text.

    Raises:
        DdlFault: the text is not in the grammar.
    """
    tokens = HiveTokens(text, start)
    try:
        return HiveParser(tokens).whole()
    except DdlFault:
        return HiveParser(tokens, trace=True).whole()
