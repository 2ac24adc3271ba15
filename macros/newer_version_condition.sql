{#- MERGE's condition for rows with a source clock: an older version never replaces a newer one, and
    of one that is delivered twice the last delivery counts. -#}
{% macro newer_version_condition() -%}
    {{ return(_newer(["updated_at", "_source_sequence", "_landed_date"])) }}
{%- endmacro %}

{#- The same for full deliveries and files, whose order is the day they came. -#}
{% macro newer_delivery_condition() -%}
    {{ return(_newer(["_landed_date", "_source_sequence"])) }}
{%- endmacro %}

{#- For records that are told again and again: the first telling counts, in whatever order the days
    are built. -#}
{% macro first_delivery_condition() -%}
    {{ return(
        "(src._landed_date < target._landed_date or (src._landed_date = target._landed_date"
        ~ " and src._source_sequence <= target._source_sequence))"
    ) }}
{%- endmacro %}

{#- Whether the new row is as new or newer, by the first of the columns in which the two differ. -#}
{% macro _newer(columns) -%}
    {%- set first, rest = columns[0], columns[1:] -%}
    {%- if not rest -%}
        {{ return("src." ~ first ~ " >= target." ~ first) }}
    {%- endif -%}
    {{ return(
        "(src." ~ first ~ " > target." ~ first ~ " or (src." ~ first ~ " = target." ~ first
        ~ " and " ~ _newer(rest) ~ "))"
    ) }}
{%- endmacro %}
