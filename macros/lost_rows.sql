{#- A query of the keys of a fact, in the rows for which `where` is true, that lead to no row of its
    dimension, or are null: an inner join would lose the rows counted. -#}
{% macro lost_rows(fact, key, dimension, member, where="true") -%}
    select
        '{{ fact.identifier }}' as fact,
        '{{ key }}' as key_name,
        cast(facts.{{ key }} as varchar) as key_text,
        count(*) as row_count
    from (select {{ key }} from {{ fact }} where {{ where }}) as facts
    left join {{ dimension }} as members on facts.{{ key }} = members.{{ member }}
    where members.{{ member }} is null
    group by facts.{{ key }}
{%- endmacro %}
