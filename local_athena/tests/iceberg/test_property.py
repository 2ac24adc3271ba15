"""Random sequences of INSERT, DELETE, UPDATE, MERGE and OPTIMIZE against a model in memory."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local_athena.engine.iceberg import maintenance, rows

KEYS = st.integers(0, 12)
VALUES = st.one_of(st.none(), st.integers(-3, 3))
PAIRS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), PAIRS),
        st.tuples(st.just("delete"), st.integers(1, 4)),
        st.tuples(st.just("update"), st.integers(1, 4)),
        st.tuples(st.just("optimize"), st.none()),
    ),
    min_size=2,
    max_size=7,
)


def source(pairs: dict[int, int | None]) -> str:
    listed = ", ".join(
        f"({key}::BIGINT, {'NULL' if value is None else value}::INTEGER)"
        for key, value in pairs.items()
    )
    return f"(VALUES {listed}) s(k, w)"


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS, partitioning=st.sampled_from([(), ("bucket(k, 3)",), ("v",)]))
def test_statements__in_any_order__give_the_models_rows(
    world: Any, steps: list[tuple[str, Any]], partitioning: tuple[str, ...]
) -> None:
    name = f"t{len(world.lake.catalog.tables('db'))}"
    world.create(name, {"k": "bigint", "v": "integer"}, partitioning)
    model: dict[int, int | None] = {}
    for kind, given_value in steps:
        if kind == "merge":
            count = world.change(
                name,
                "SELECT CASE WHEN p IS NULL THEN 2 WHEN s.w = 0 THEN 0 ELSE 1 END AS op, n, p, "
                f"s.k AS c0, s.w AS c1 FROM {source(given_value)} LEFT JOIN target USING (k)",
            )
            assert count == len(given_value)
            for key, value in given_value.items():
                if key in model and value == 0:
                    del model[key]
                else:
                    model[key] = value
        elif kind == "delete":
            gone = [key for key in model if key % given_value == 0]
            assert world.delete(name, f"k % {given_value} = 0") == len(gone)
            for key in gone:
                del model[key]
        elif kind == "update":
            changed = [key for key in model if key % given_value == 1]
            count = world.change(
                name,
                "SELECT 1 AS op, n, p, k AS c0, coalesce(v, 0) + 1 AS c1 FROM target "
                f"WHERE k % {given_value} = 1",
            )
            assert count == len(changed)
            for key in changed:
                model[key] = (model[key] or 0) + 1
        else:
            table = world.table(name)
            with world.cursor() as cursor:
                maintenance.rewrite_files(table, cursor, rows.all_files(table))
        assert dict(world.read(name)) == model
        assert len(world.read(name)) == len(model)
    theirs = [(row["k"], row["v"]) for row in world.read_pyiceberg(name).to_pylist()]
    assert sorted(theirs) == sorted(model.items())
    summary = world.table(name).snapshot.summary
    static = world.pyiceberg(name)
    manifests = static.current_snapshot().manifests(static.io)
    files = static.inspect.files().to_pylist() if manifests else []
    data = [file for file in files if file["content"] == 0]
    assert int(summary["total-data-files"]) == len(data)
    assert int(summary["total-delete-files"]) == len(files) - len(data)
    assert int(summary["total-records"]) == sum(file["record_count"] for file in data)
