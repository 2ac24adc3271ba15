{#- Every macro's test: `dbt run-operation test_all`. Needs no lake. -#}
{% macro test_all() %}
    {% do test_database_of() %}
    {% do test_check_environment() %}
    {% do test_surrogate_key() %}
    {% do test_member_key() %}
    {% do test_month_start() %}
    {% do test_landed_since_run_date() %}
    {% do test_landed_between() %}
    {% do test_newer_version_condition() %}
    {% do test_newest_by_day() %}
    {% do test_first_delivery_condition() %}
    {% do test_is_in_brazil() %}
    {% do test_merged_spans() %}
    {% do test_spans_condition() %}
    {% do test_standard_forms() %}
    {% do test_winning_version() %}
    {% do test_br_date() %}
    {% do test_instant_type() %}
    {% do test_months_condition() %}
    {% do test_month_partition() %}
    {% do test_growing_portions() %}
    {% do test_orders_to_find() %}
    {% do test_calendar_years() %}
    {% do test_maintenance_limits() %}
    {% do test_maintenance_actions() %}
    {% do test_find_orphans() %}
    {% do test_rollback_statement() %}
    {% do test_business_rules() %}
    {% do test_business_date() %}
    {% do test_merges_without_rule() %}
    {% do test_declared_types() %}
    {% do log("macros: every assertion holds", info=true) %}
{% endmacro %}

{% macro assert_equal(actual, expected, case) %}
    {% if actual != expected %}
        {{ exceptions.raise_compiler_error(
            case ~ ": expected <" ~ expected ~ ">, got <" ~ actual ~ ">"
        ) }}
    {% endif %}
{% endmacro %}
