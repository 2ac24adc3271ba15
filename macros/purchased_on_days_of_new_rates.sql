{#- SQL that is true for a purchase day whose exchange rate, of any currency, landed with this run:
    a rate speaks for its own day and for those up to the next one. The days are looked up first, so
    that they are static bounds, on which Athena prunes. -#}
{% macro purchased_on_days_of_new_rates(purchase_day) -%}
    {%- set rates = ref("int_exchange_rates__daily") -%}
    {%- if not execute or load_relation(rates) is none -%}
        {{ return("false") }}
    {%- endif -%}
    {%- set query -%}
        select min(day_date) as first_day, max(day_date) as last_day
        from {{ rates }}
        where _landed_date >= date '{{ var("run_date") }}'
        group by currency, quoted_date
    {%- endset -%}
    {{ return(spans_condition(purchase_day, run_query(query).rows)) }}
{%- endmacro %}

{#- SQL that is true for a day of one of the spans (first day, last day); false without any. -#}
{% macro spans_condition(day, spans) -%}
    {%- set merged = [] -%}
    {%- for first, last in spans | sort(attribute='0') -%}
        {%- if merged and first <= merged[-1][1] + modules.datetime.timedelta(days=1) -%}
            {%- set before = merged.pop() -%}
            {%- do merged.append((before[0], [before[1], last] | max)) -%}
        {%- else -%}
            {%- do merged.append((first, last)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set conditions = [] -%}
    {%- for first, last in merged -%}
        {%- do conditions.append(
            day ~ " between date '" ~ first ~ "' and date '" ~ last ~ "'"
        ) -%}
    {%- endfor -%}
    {{ return(conditions | join(" or ") or "false") }}
{%- endmacro %}
