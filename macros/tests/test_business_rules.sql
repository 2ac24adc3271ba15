{% macro test_business_rules() %}
    {% do assert_equal(
        is_late_order("a", "b") | trim, "coalesce(a > b, false)", "a day later than promised"
    ) %}
    {% do assert_equal(
        is_on_time_order("a", "b") | trim, "coalesce(a <= b, false)", "the day promised or before"
    ) %}
    {% do assert_equal(is_returning_customer("a") | trim, "a >= 2", "the second sale returns") %}
    {% do assert_equal(
        delivery_days("a", "b") | trim, "cast(date_diff('day', a, b) as integer)", "calendar days"
    ) %}
    {% do assert_equal(
        gmv("a", "b").split() | join(" "),
        "cast( case when b then coalesce(a, 0) else 0 end as decimal(18, 2) )",
        "what is no sale adds nothing",
    ) %}
{% endmacro %}

{% macro test_business_date() %}
    {% do assert_equal(
        " ".join(_business_date("2026-06-03", "t").split()),
        "( select coalesce(greatest(date '2026-06-03', max(_landed_date)), date '2026-06-03') from t )",
        "the run's date or the newest that landed"
    ) %}
{% endmacro %}
