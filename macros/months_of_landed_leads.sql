{#- In which months (`YYYY-MM`, none for no month) rows lie, or will, of the leads of which a
    version landed since the run's date: where their first contact was at the end of a day. -#}
{% macro months_of_landed_leads() -%}
    {%- set query -%}
        select distinct date_format(month_start, '%Y-%m') as month_text
        from {{ ref("int_marketing_leads") }}
        cross join {{ _months_between("_contacted_from", "_contacted_until") }}
        where _landed_date >= date '{{ var("run_date") }}'
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list + [none]) }}
{%- endmacro %}
