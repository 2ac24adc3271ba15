{#- A relation's rows with the rank of each version of a key, newest first, as `_version_rank`.
    keys: columns of the key. newest_first: the order of versions. -#}
{% macro winning_version(relation, keys, newest_first) -%}
    select
        *,
        row_number() over (
            partition by {{ keys | join(", ") }}
            order by {{ newest_first | join(", ") }}
        ) as _version_rank
    from {{ relation }}
{%- endmacro %}
