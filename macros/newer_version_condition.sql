{#- MERGE's condition for rows with a source clock: an older version never replaces a newer one. -#}
{% macro newer_version_condition() -%}
    {{ return(_newer("updated_at")) }}
{%- endmacro %}

{#- The same for full deliveries and files, whose order is the day they came. -#}
{% macro newer_delivery_condition() -%}
    {{ return(_newer("_landed_date")) }}
{%- endmacro %}

{#- For records that are told again and again: the first telling counts, in whatever order the days
    are built. -#}
{% macro first_delivery_condition() -%}
    {{ return(
        "(src._landed_date < target._landed_date or (src._landed_date = target._landed_date"
        ~ " and src._source_sequence <= target._source_sequence))"
    ) }}
{%- endmacro %}

{% macro _newer(clock) -%}
    {{ return(
        "(src." ~ clock ~ " > target." ~ clock ~ " or (src." ~ clock ~ " = target." ~ clock
        ~ " and src._source_sequence >= target._source_sequence))"
    ) }}
{%- endmacro %}
