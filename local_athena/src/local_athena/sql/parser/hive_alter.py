"""ALTER TABLE and ALTER DATABASE, and the column and partition lists that DDL shares."""

from __future__ import annotations

from local_athena.sql import nodes
from local_athena.sql.errors import SqlError
from local_athena.sql.nodes import Expression, Identifier, Statement
from local_athena.sql.parser.hive_cursor import HiveCursor


class AlterParser(HiveCursor):
    """Hive's ALTER statements, as far as Athena documents them."""

    # ------------------------------------------------------------ shared lists

    def column_definitions(self) -> tuple[nodes.ColumnDefinition, ...]:
        """`(name type [COMMENT '…'], …)`."""
        self.expect("(")
        found = [self.column_definition()]
        while self.accept(","):
            found.append(self.column_definition())
        self.expect(")")
        return tuple(found)

    def column_definition(self) -> nodes.ColumnDefinition:
        """`name type [COMMENT '…']`."""
        name = self.named("column specification")
        type_text = self.column_type()
        comment = self.string() if self.accept("COMMENT") else None
        return nodes.ColumnDefinition(name.at, name, type_text, comment)

    def partition_spec(self) -> nodes.PartitionSpec:
        """`(key = value, …)` after PARTITION."""
        at = self.at()
        self.expect("(")
        values: list[tuple[Identifier, Expression]] = []
        while True:
            column = self.identifier()
            self.expect("=")
            values.append((column, self.constant()))
            if not self.accept(","):
                break
        self.expect(")")
        return nodes.PartitionSpec(at, tuple(values))

    # ------------------------------------------------------------ alter

    def alter(self) -> Statement:
        """One ALTER statement."""
        at = self.at()
        self.advance()
        if self.accept("DATABASE") or self.accept("SCHEMA"):
            return self._alter_database(at)
        if self.key == "VIEW":
            raise SqlError("NOT_SUPPORTED", "Multi-dialect views are not supported", at)
        self.expect("TABLE")
        table = self.table_name()
        if self.accept("ADD"):
            return self._add(at, table)
        if self.accept("DROP"):
            return self._drop_part(at, table)
        if self.accept("REPLACE"):
            self.expect("COLUMNS")
            columns = self.column_definitions()
            return nodes.AlterTable(at, table, "replace columns", columns=columns)
        if self.accept("CHANGE"):
            return self._change(at, table)
        if self.accept("RENAME"):
            self.expect("TO")
            return nodes.AlterTable(at, table, "rename to", new_name=self.table_name())
        if self.accept("SET"):
            return self._set(at, table)
        if self.accept("UNSET"):
            return self._unset(at, table)
        if self.accept("PARTITION"):
            return self._of_partition(at, table)
        raise self.refusal("alter table statement")

    def _alter_database(self, at: nodes.At) -> Statement:
        name = self.named("database name")
        database = nodes.Name(name.at, (name,))
        self.expect("SET")
        if self.accept("LOCATION"):
            location = self.string()
            return nodes.AlterTable(at, database, "set database location", location=location)
        self.expect("DBPROPERTIES")
        properties = self.string_pairs()
        return nodes.AlterTable(at, database, "set database properties", properties=properties)

    def _add(self, at: nodes.At, table: nodes.Name) -> Statement:
        if self.accept("COLUMNS"):
            columns = self.column_definitions()
            return nodes.AlterTable(at, table, "add columns", columns=columns)
        if_not_exists = self.accept("IF")
        if if_not_exists:
            self.expect_words("NOT", "EXISTS")
        partitions = []
        self.expect("PARTITION")
        while True:
            spec = self.partition_spec()
            location = self.string() if self.accept("LOCATION") else None
            partitions.append(nodes.PartitionSpec(spec.at, spec.values, location))
            if not self.accept("PARTITION"):
                break
        return nodes.AlterTable(
            at, table, "add partition", if_not_exists=if_not_exists, partitions=tuple(partitions)
        )

    def _drop_part(self, at: nodes.At, table: nodes.Name) -> Statement:
        if self.accept("COLUMN"):
            return nodes.AlterTable(
                at, table, "drop column", old_name=self.named("column specification")
            )
        if_exists = self.accept_words("IF", "EXISTS")
        partitions = []
        while True:
            self.expect("PARTITION")
            partitions.append(self.partition_spec())
            if not self.accept(","):
                break
        return nodes.AlterTable(
            at, table, "drop partition", if_exists=if_exists, partitions=tuple(partitions)
        )

    def _change(self, at: nodes.At, table: nodes.Name) -> Statement:
        self.accept("COLUMN")
        old = self.named("column specification")
        column = self.column_definition()
        position = None
        if self.accept("FIRST"):
            position = "first"
        elif self.accept("AFTER"):
            position = self.named("column specification").value
        return nodes.AlterTable(
            at, table, "change column", columns=(column,), old_name=old, position=position
        )

    def _set(
        self, at: nodes.At, table: nodes.Name, partitions: tuple[nodes.PartitionSpec, ...] = ()
    ) -> Statement:
        if self.accept("LOCATION"):
            action = "set partition location" if partitions else "set location"
            return nodes.AlterTable(
                at, table, action, partitions=partitions, location=self.string()
            )
        if partitions:
            self.expect("LOCATION")
        self.expect("TBLPROPERTIES")
        return nodes.AlterTable(at, table, "set properties", properties=self.string_pairs())

    def _unset(self, at: nodes.At, table: nodes.Name) -> Statement:
        """The keys are `properties` with empty values."""
        self.expect("TBLPROPERTIES")
        if_exists = self.accept_words("IF", "EXISTS")
        self.expect("(")
        keys = [self.string()]
        while self.accept(","):
            keys.append(self.string())
        self.expect(")")
        properties = tuple((key, "") for key in keys)
        return nodes.AlterTable(
            at, table, "unset properties", if_exists=if_exists, properties=properties
        )

    def _of_partition(self, at: nodes.At, table: nodes.Name) -> Statement:
        """What stands after `ALTER TABLE t PARTITION`."""
        spec = self.partition_spec()
        if self.accept("RENAME"):
            self.expect_words("TO", "PARTITION")
            renamed = self.partition_spec()
            return nodes.AlterTable(at, table, "rename partition", partitions=(spec, renamed))
        if self.accept("ADD"):
            self.expect("COLUMNS")
            columns = self.column_definitions()
            return nodes.AlterTable(at, table, "add columns", partitions=(spec,), columns=columns)
        if self.accept("REPLACE"):
            self.expect("COLUMNS")
            columns = self.column_definitions()
            return nodes.AlterTable(
                at, table, "replace columns", partitions=(spec,), columns=columns
            )
        self.expect("SET")
        return self._set(at, table, (spec,))
