{#- SQL that is true for orders whose purchase day, a column of `int_orders`, has an exchange rate
    of any currency that landed with this run: a rate speaks for its own day and for those up to
    the next one. The days are looked up first, and the months in which the table's own statistics
    allow such purchases, so that both are static bounds, on which Athena prunes. -#}
{% macro purchased_on_days_of_new_rates(purchase_day) -%}
    {%- set rates = ref("int_exchange_rates__daily") -%}
    {%- set orders = ref("int_orders") -%}
    {%- if not (can_be_asked(rates) and can_be_asked(orders)) -%}
        {{ return("false") }}
    {%- endif -%}
    {%- set query -%}
        select min(day_date) as first_day, max(day_date) as last_day
        from {{ rates }}
        where _landed_date >= date '{{ var("run_date") }}'
        group by currency, quoted_date
    {%- endset -%}
    {%- set spans = merged_spans(run_query(query).rows) -%}
    {%- set months = _months_with_values(orders, purchase_day, spans) -%}
    {{ return(
        "(" ~ spans_condition(purchase_day, spans) ~ ")"
        ~ " and (" ~ months_condition("created_at", months) ~ ")"
    ) }}
{%- endmacro %}

{#- The months (`YYYY-MM`, and none, the null's) of a table partitioned by `month(created_at)` that
    may hold days of one of the spans, by the least and the greatest of each partition. -#}
{% macro _months_with_values(orders, day, spans) -%}
    {%- if not spans -%}
        {{ return([none]) }}
    {%- endif -%}
    {%- set conditions = ["data." ~ day ~ ".min is null"] -%}
    {%- for first, last in spans -%}
        {%- do conditions.append(
            "(data." ~ day ~ ".max >= date '" ~ first ~ "' and data." ~ day ~ ".min <= date '"
            ~ last ~ "')"
        ) -%}
    {%- endfor -%}
    {{ return(created_months(orders, conditions | join(" or ")) + [none]) }}
{%- endmacro %}

{#- SQL that is true for a day of one of the spans (first day, last day); false without any. -#}
{% macro spans_condition(day, spans) -%}
    {%- set conditions = [] -%}
    {%- for first, last in merged_spans(spans) -%}
        {%- do conditions.append(
            day ~ " between date '" ~ first ~ "' and date '" ~ last ~ "'"
        ) -%}
    {%- endfor -%}
    {{ return(conditions | join(" or ") or "false") }}
{%- endmacro %}

{#- Spans of days (first, last) in order, those that touch or overlap as one: what is new of many
    years is few spans, and a statement has a length that Athena takes. -#}
{% macro merged_spans(spans) -%}
    {%- set merged = [] -%}
    {%- for first, last in spans | sort(attribute='0') -%}
        {%- if merged and first <= merged[-1][1] + modules.datetime.timedelta(days=1) -%}
            {%- set before = merged.pop() -%}
            {%- do merged.append((before[0], [before[1], last] | max)) -%}
        {%- else -%}
            {%- do merged.append((first, last)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(merged) }}
{%- endmacro %}
