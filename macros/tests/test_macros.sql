{% macro test_database_of() %}
    {% do assert_equal(
        _database_of("local", "curated", "m"), "local_curated", "zone of a laptop"
    ) %}
    {% do assert_equal(
        _database_of("dev_ana", " curated ", "m"), "dev_ana_curated", "zone of a person"
    ) %}
{% endmacro %}

{% macro test_check_environment() %}
    {% for target_name, env in [
        ("dev", "dev_ana"), ("dev", "dev"), ("dev", "pr_12"), ("prod", "prod"), ("ci", "ci")
    ] %}
        {% do assert_equal(_check_environment(target_name, env) | trim, "", env) %}
    {% endfor %}
{% endmacro %}

{% macro test_surrogate_key() %}
    {% do assert_equal(
        surrogate_key(["a"]) | trim,
        "lower(to_hex(md5(to_utf8(coalesce('v' || cast(a as varchar), 'n')))))",
        "one column",
    ) %}
    {% do assert_equal(
        "|| '|' ||" in surrogate_key(["a", "b"]), true, "two columns are kept apart"
    ) %}
{% endmacro %}

{% macro test_member_key() %}
    {% do assert_equal(
        member_key("a").split() | join(" "),
        "case when a is null then 'unknown' else " ~ surrogate_key(["a"]) ~ " end",
        "who is not named is unknown",
    ) %}
{% endmacro %}

{% macro test_month_start() %}
    {% do assert_equal(month_start("a") | trim, "cast(date_trunc('month', a) as date)", "a date") %}
{% endmacro %}

{% macro test_landed_since_run_date() %}
    {% do assert_equal(
        landed_since("2026-06-03"), "ingest_date >= date '2026-06-03'", "a day"
    ) %}
{% endmacro %}

{% macro test_landed_between() %}
    {% do assert_equal(
        landed_between("2026-06-03", ""), "ingest_date >= date '2026-06-03'", "on to the newest"
    ) %}
    {% do assert_equal(
        landed_between("2026-06-03", "2026-06-05"),
        "ingest_date >= date '2026-06-03' and ingest_date <= date '2026-06-05'",
        "a range",
    ) %}
{% endmacro %}

{% macro test_newer_version_condition() %}
    {% do assert_equal(
        newer_version_condition(),
        "(src.updated_at > target.updated_at or (src.updated_at = target.updated_at"
        ~ " and (src._source_sequence > target._source_sequence"
        ~ " or (src._source_sequence = target._source_sequence"
        ~ " and src._landed_date >= target._landed_date))))",
        "clock, then sequence, then delivery",
    ) %}
    {% do assert_equal(
        "_landed_date > target._landed_date" in newer_delivery_condition(), true, "day of delivery"
    ) %}
{% endmacro %}

{% macro test_newest_by_day() %}
    {% do assert_equal(
        newest_by_day("a", "k").split() | join(" "),
        "max_by(a, row(updated_at, _source_sequence, ingest_date)) over ("
        ~ " partition by k order by ingest_date )",
        "of all that had landed by the end of the day",
    ) %}
{% endmacro %}

{% macro test_first_delivery_condition() %}
    {% do assert_equal(
        first_delivery_condition(),
        "(src._landed_date < target._landed_date or (src._landed_date = target._landed_date"
        ~ " and src._source_sequence <= target._source_sequence))",
        "day of delivery, then position",
    ) %}
{% endmacro %}

{% macro test_is_in_brazil() %}
    {% do assert_equal(
        is_in_brazil("a", "b") | trim,
        "(a between -33.76 and 5.28 and b between -74.00 and -28.83)",
        "both axes",
    ) %}
{% endmacro %}

{% macro test_merged_spans() %}
    {% set day = modules.datetime.date %}
    {% set years = [] %}
    {% for number in range(13000) %}
        {% set first = day(1990, 1, 1) + modules.datetime.timedelta(days=number) %}
        {% do years.append((first, first)) %}
    {% endfor %}
    {% do assert_equal(
        merged_spans(years), [(day(1990, 1, 1), day(2025, 8, 4))], "the days of 35 years"
    ) %}
{% endmacro %}

{% macro test_spans_condition() %}
    {% set day = modules.datetime.date %}
    {% for spans, expected in [
        ([], "false"),
        (
            [(day(2026, 6, 8), day(2026, 6, 8)), (day(2026, 6, 5), day(2026, 6, 7))],
            "d between date '2026-06-05' and date '2026-06-08'",
        ),
        (
            [(day(2026, 6, 5), day(2026, 6, 9)), (day(2026, 6, 6), day(2026, 6, 7))],
            "d between date '2026-06-05' and date '2026-06-09'",
        ),
        (
            [(day(2026, 6, 5), day(2026, 6, 5)), (day(2026, 6, 7), day(2026, 6, 7))],
            "d between date '2026-06-05' and date '2026-06-05'"
            ~ " or d between date '2026-06-07' and date '2026-06-07'",
        ),
    ] %}
        {% do assert_equal(spans_condition("d", spans), expected, spans | string) %}
    {% endfor %}
{% endmacro %}

{# What they answer is told by unit tests of int_customers and int_marketing_leads; here, that each
   weight meets its sign. #}
{% macro test_standard_forms() %}
    {% do assert_equal(state_code("x") | trim, "upper(trim(x))", "state") %}
    {% do assert_equal(
        is_mistyped("x", "y") | trim, "coalesce(trim(x) <> '' and y is null, false)", "mistyped"
    ) %}
    {% do assert_equal(
        _is_checked("c", [3, 2]) | trim,
        "mod(mod(10 * (3 * " ~ _worth("c", 1) ~ " + 2 * " ~ _worth("c", 2) ~ "), 11), 10) = "
        ~ _worth("c", 3),
        "two weights check the third sign",
    ) %}
    {% set cpf, cnpj = cpf_number("x"), cnpj_number("x") %}
    {% do assert_equal(cpf.count("* (codepoint"), 9 + 10, "weights of a CPF") %}
    {% do assert_equal(cnpj.count("* (codepoint"), 12 + 13, "weights of a CNPJ") %}
    {% set heaviest = "11 * (codepoint(cast(substr(code, 1, 1)" %}
    {% do assert_equal(heaviest in cpf, true, "the second digit of a CPF") %}
{% endmacro %}

{% macro test_winning_version() %}
    {% set text = winning_version("t", ["a", "b"], ["c desc"]) %}
    {% do assert_equal("partition by a, b" in text, true, "keys") %}
    {% do assert_equal("order by c desc" in text, true, "order") %}
{% endmacro %}

{% macro test_br_date() %}
    {% do assert_equal(
        br_date("x") | trim,
        "cast(at_timezone(with_timezone(x, 'UTC'), 'America/Sao_Paulo') as date)",
        "instant to day",
    ) %}
{% endmacro %}

{% macro test_instant_type() %}
    {% do assert_equal(instant_type(), "timestamp(6)", "Iceberg's precision") %}
{% endmacro %}

{% macro test_months_condition() %}
    {% for months, expected in [
        ([], "true"),
        (["2026-05"], "at >= timestamp '2026-05-01 00:00:00' and at < timestamp '2026-06-01 00:00:00'"),
        (
            ["2026-01", "2025-12", "2025-12"],
            "at >= timestamp '2025-12-01 00:00:00' and at < timestamp '2026-02-01 00:00:00'",
        ),
        (
            ["2026-05", "2024-12", none],
            "at is null"
            ~ " or at >= timestamp '2024-12-01 00:00:00' and at < timestamp '2025-01-01 00:00:00'"
            ~ " or at >= timestamp '2026-05-01 00:00:00' and at < timestamp '2026-06-01 00:00:00'",
        ),
    ] %}
        {% do assert_equal(months_condition("at", months), expected, months | string) %}
    {% endfor %}
{% endmacro %}

{% macro test_month_partition() %}
    {% for partitioned_by, expected in [
        ([], none),
        (["bucket(order_id, 4)"], none),
        (["bucket(order_id, 4)", "month(purchased_at)"], "purchased_at"),
    ] %}
        {% do assert_equal(_month_partition(partitioned_by), expected, partitioned_by | string) %}
    {% endfor %}
{% endmacro %}

{% macro test_calendar_years() %}
    {% for oldest, newest, expected in [
        (none, none, [2016, 2030]),
        (2024, 2026, [2016, 2030]),
        (1990, 2026, [1990, 2030]),
        (2029, 2030, [2016, 2031]),
    ] %}
        {% do assert_equal(
            _calendar_years(oldest, newest), expected, oldest ~ " to " ~ newest
        ) %}
    {% endfor %}
{% endmacro %}

{% macro test_orders_to_find() %}
    {% do assert_equal(
        orders_to_find("n", "select w"),
        "select named.order_id, named.created_at from n as named"
        ~ " left join (select w) as waiting on named.order_id = waiting.order_id"
        ~ " where named.created_at is not null or waiting.order_id is null",
        "who waits is not looked for again",
    ) %}
{% endmacro %}

{% macro test_growing_portions() %}
    {% for elements, expected in [
        ([], []),
        ([1], [[1]]),
        ([1, 2, 3], [[1], [2, 3]]),
        ([1, 2, 3, 4, 5, 6, 7, 8], [[1], [2, 3], [4, 5, 6, 7], [8]]),
    ] %}
        {% do assert_equal(growing_portions(elements), expected, elements | string) %}
    {% endfor %}
{% endmacro %}

{% macro test_merges_without_rule() %}
    {% for condition, expected in [
        (none, false),
        ("true", false),
        (newer_version_condition(), true),
        ("src._landed_date >= target._landed_date", true),
    ] %}
        {% set config = {"update_condition": condition} %}
        {% do assert_equal(_orders_versions(config), expected, condition) %}
    {% endfor %}
    {% set deletes = {"delete_condition": "src._is_deleted"} %}
    {% set inserts = {"insert_condition": "not src._is_deleted"} %}
    {% do assert_equal(_deletes_marked(dict(deletes, **inserts)), true, "both conditions") %}
    {% do assert_equal(_deletes_marked(inserts), false, "what is deleted stays") %}
    {% do assert_equal(_deletes_marked(deletes), false, "what is deleted comes in") %}
{% endmacro %}

{% macro test_declared_types() %}
    {% do assert_equal(
        _rows_of_types([
            ["t", "a", "decimal(18, 2)"], ["t", "b", "varchar"], ["t", "c", "timestamp"],
            ["t", "d", "timestamp(3)"]
        ]).split("values ")[1].split(") as")[0],
        "('t', 'a', 'decimal(18,2)'), ('t', 'c', 'timestamp(6)'), ('t', 'd', 'timestamp(3)')",
        "digits as declared; an instant's where none are"
    ) %}
{% endmacro %}
