"""PyAthena's SQLAlchemy dialect: reflection and statements, as Superset and others use it."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus

import pytest
import sqlalchemy as sa
from local_athena.pytest_plugin import AthenaDatabase
from pyathena.sqlalchemy.base import AthenaDialect
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

KINDS = {
    "flag": sa.BOOLEAN,
    "small": sa.SMALLINT,
    "whole": sa.INTEGER,
    "long": sa.BIGINT,
    "ratio": sa.DOUBLE,
    "price": sa.DECIMAL,
    "day": sa.DATE,
    "at": sa.TIMESTAMP,
    "text": sa.String,
}


@pytest.fixture(scope="module")
def engine(database: AthenaDatabase) -> Iterator[sa.Engine]:
    database.run(
        "create external table typed (flag boolean, small smallint, whole int comment 'a number', "
        "`long` bigint, ratio double, price decimal(10, 2), day date, at timestamp, text string) "
        f"comment 'of every type' partitioned by (region string) stored as parquet "
        f"location '{database.location}typed/' tblproperties ('note' = 'kept')"
    )
    database.run(
        "insert into typed values (true, smallint '1', 2, 3, 0.5e0, decimal '1.50', "
        "date '2024-02-29', timestamp '2024-02-29 01:02:03.004', 'x%y', 'south')"
    )
    database.run("create view seen as select whole, text from typed")
    query = "&".join(
        f"{name}={quote_plus(value)}"
        for name, value in {
            "s3_staging_dir": database.output_location,
            "location": database.location,
            "tblproperties": "'table_type'='ICEBERG'",
            "poll_interval": "0.01",
        }.items()
    )
    engine = sa.create_engine(
        f"awsathena+rest://athena.us-east-1.amazonaws.com:443/{database.name}?{query}"
    )
    yield engine
    engine.dispose()


def test_dialect__is_pyathena_s(engine: sa.Engine) -> None:
    assert isinstance(engine.dialect, AthenaDialect)


def test_inspect__schemas_tables_views(engine: sa.Engine, database: AthenaDatabase) -> None:
    found = sa.inspect(engine)
    assert {"default", database.name} <= set(found.get_schema_names())
    assert found.get_table_names() == ["typed"]
    assert found.get_view_names() == ["seen"]
    assert found.has_table("typed")
    assert not found.has_table("no_such_table")


def test_inspect__columns_types_comments(engine: sa.Engine) -> None:
    columns = {column["name"]: column for column in sa.inspect(engine).get_columns("typed")}
    assert [*columns] == [*KINDS, "region"]
    for name, kind in KINDS.items():
        assert isinstance(columns[name]["type"], kind), name
    assert (columns["price"]["type"].precision, columns["price"]["type"].scale) == (10, 2)
    assert columns["whole"]["comment"] == "a number"
    assert sa.inspect(engine).get_table_comment("typed") == {"text": "of every type"}
    options = sa.inspect(engine).get_table_options("typed")
    assert options["awsathena_tblproperties"]["note"] == "kept"
    assert options["awsathena_location"].endswith("tables/typed")


def test_inspect__view_definition(engine: sa.Engine) -> None:
    assert "select whole, text from typed" in sa.inspect(engine).get_view_definition("seen")


def test_reflected_table__selects(engine: sa.Engine) -> None:
    typed = sa.Table("typed", sa.MetaData(), autoload_with=engine)
    with engine.connect() as connection:
        (row,) = connection.execute(sa.select(typed)).all()
        assert row.price == Decimal("1.50")
        assert row.day == dt.date(2024, 2, 29)
        assert row.at == dt.datetime(2024, 2, 29, 1, 2, 3, 4000)  # noqa: DTZ001
        found = connection.execute(
            sa.select(typed.c.text, sa.func.count())
            .where(typed.c.text.like("x%"), typed.c.region.in_(["south", "north"]))
            .group_by(typed.c.text)
            .having(sa.func.count() > 0)
            .order_by(typed.c.text.desc())
            .limit(5)
        ).all()
        assert found == [("x%y", 1)]


def test_offset_and_limit(engine: sa.Engine) -> None:
    numbers = sa.text("select n from unnest(sequence(1, 9)) t (n)").columns(sa.column("n"))
    query = sa.select(numbers.subquery().c.n).order_by("n").offset(2).limit(3)
    with engine.connect() as connection:
        assert connection.execute(query).scalars().all() == [3, 4, 5]


def test_percent_signs__survive(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        sql = "select date_parse('20191030', '%Y%m%d'), :word"
        found = connection.execute(sa.text(sql), {"word": "100 %"}).one()
        assert found == (dt.datetime(2019, 10, 30), "100 %")  # noqa: DTZ001


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String)
    price: Mapped[Decimal] = mapped_column(sa.DECIMAL(10, 2))


def test_orm__creates_an_iceberg_table__writes_reads_changes(engine: sa.Engine) -> None:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            [
                Item(id=1, name="it's", price=Decimal("1.10")),
                Item(id=2, name="two", price=Decimal("2.20")),
            ]
        )
        session.commit()
    with Session(engine) as session:
        session.execute(sa.update(Item).where(Item.id == 2).values(name="zwei"))
        session.execute(sa.delete(Item).where(Item.id == 1))
        session.commit()
        found: Any = session.scalars(sa.select(Item)).one()
        assert (found.id, found.name, found.price) == (2, "zwei", Decimal("2.20"))
    Base.metadata.drop_all(engine)
    assert not sa.inspect(engine).has_table("items")


def test_errors__are_dbapi_errors(engine: sa.Engine) -> None:
    with (
        engine.connect() as connection,
        pytest.raises(sa.exc.OperationalError, match="COLUMN_NOT_FOUND"),
    ):
        connection.execute(sa.text("select nope"))
