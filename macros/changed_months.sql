{#- In which months (`YYYY-MM`, none for no month) the orders of `int_changed_orders` lie, by
    column: `created_at` for what is partitioned by the order's creation, `purchased_at` for facts, where
    a month is any in which the order was ever said to be purchased. Empty lists, which bound
    nothing, where that cannot be asked. -#}
{% macro changed_months() -%}
    {%- set changed = ref("int_changed_orders") -%}
    {%- set months = {"created_at": [], "purchased_at": []} -%}
    {%- if not can_be_asked(changed) -%}
        {{ return(months) }}
    {%- endif -%}
    {%- set query -%}
        select
            'created_at' as column_name,
            date_format(created_at, '%Y-%m') as month_text
        from {{ changed }}
        union
        select
            'purchased_at' as column_name,
            date_format(months.month_start, '%Y-%m') as month_text
        from {{ changed }} as changed
        cross join unnest(changed.purchased_months) as months (month_start)
    {%- endset -%}
    {%- for column, month in run_query(query).rows -%}
        {%- do months[column].append(month) -%}
    {%- endfor -%}
    {{ return({
        "created_at": months.created_at + [none], "purchased_at": months.purchased_at + [none]
    }) }}
{%- endmacro %}
