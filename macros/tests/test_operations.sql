{% macro test_maintenance_limits() %}
    {% set limits = _maintenance_limits({"snapshots": 3, "small_files": 0}, {"snapshots": 7}) %}
    {% do assert_equal(limits.snapshots, 7, "what is given wins over the node") %}
    {% do assert_equal(limits.small_files, 0, "the node wins over the project, 0 too") %}
    {% do assert_equal(limits.delete_files, 10, "the project's") %}
{% endmacro %}

{% macro test_maintenance_actions() %}
    {% set limits = {"small_files": 5, "delete_files": 2, "snapshots": 9} %}
    {% for small, partitions, deletes, snapshots, expected in [
        (9, 5, 1, 8, []),
        (10, 5, 0, 0, ["OPTIMIZE"]),
        (0, 0, 2, 0, ["OPTIMIZE"]),
        (0, 0, 0, 9, ["VACUUM"]),
        (10, 1, 2, 9, ["OPTIMIZE", "VACUUM"]),
    ] %}
        {% set counts = {
            "small_files": small,
            "small_partitions": partitions,
            "delete_files": deletes,
            "snapshots": snapshots,
        } %}
        {% do assert_equal(_maintenance_actions(counts, limits), expected, counts | string) %}
    {% endfor %}
{% endmacro %}

{% macro test_find_orphans() %}
    {% do assert_equal(
        _find_orphans(
            "db", ["a", "b", "a__dbt_tmp", "c__bkp", "c"], ["db.a", "other.b"]
        ),
        ["b", "c"],
        "what no node makes, without what a build is making",
    ) %}
{% endmacro %}

{% macro test_rollback_statement() %}
    {% set text = rollback_statement("t", "7", ["a", "b"], ["a"]) %}
    {% do assert_equal("t for version as of 7" in text, true, "the version") %}
    {% do assert_equal("select false as _is_wanted, a, null as b" in text, true, "keys delete") %}
{% endmacro %}
