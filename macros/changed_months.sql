{#- In which months (`YYYY-MM`, none for no month) the orders of `int_changed_orders` lie, by
    column: `created_at` for what is partitioned by the order's creation; `purchased_at` for facts,
    where a month is any in which the order was ever said to be purchased; `purchase_date_br` for
    what is computed from whole days of theirs: the months of all facts of these days. Empty lists,
    which bound nothing, where that cannot be asked. -#}
{% macro changed_months() -%}
    {{ return(_changed_months(ref("int_changed_orders"))) }}
{%- endmacro %}

{% macro _changed_months(changed) -%}
    {%- set months = {"created_at": [], "purchased_at": [], "purchase_date_br": []} -%}
    {%- if not can_be_asked(changed) -%}
        {{ return(months) }}
    {%- endif -%}
    {%- set query -%}
        with spans as (
            select distinct
                date_trunc('month', created_at) as created_month,
                date_trunc('day', purchased_from) as first_day,
                date_trunc('day', purchased_until) as last_day
            from {{ changed }}
        )

        select
            'created_at' as column_name,
            date_format(created_month, '%Y-%m') as month_text
        from spans
        union
        select
            'purchased_at' as column_name,
            date_format(month_start, '%Y-%m') as month_text
        from spans
        cross join {{ _months_between("first_day", "last_day") }}
        union
        select
            'purchase_date_br' as column_name,
            date_format(month_start, '%Y-%m') as month_text
        from spans
        cross join {{ _months_between(
            "date_add('day', -1, first_day)", "date_add('day', 1, last_day)"
        ) }}
    {%- endset -%}
    {%- for column, month in run_query(query).rows -%}
        {%- do months[column].append(month) -%}
    {%- endfor -%}
    {%- for column in months -%}
        {%- do months[column].append(none) -%}
    {%- endfor -%}
    {{ return(months) }}
{%- endmacro %}

{% macro _months_between(first, last) -%}
    unnest(
        sequence(
            cast(date_trunc('month', {{ first }}) as date),
            cast(date_trunc('month', {{ last }}) as date),
            interval '1' month
        )
    ) as t (month_start)
{%- endmacro %}
