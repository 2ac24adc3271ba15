{#- The partitions of a raw table that this run reads: those landed on its business date or later;
    all of them for a table that is built anew, which holds nothing of the days before. -#}
{% macro landed_since_run_date() -%}
    {{ return(landed_since(var("run_date") if is_incremental() else "1970-01-01")) }}
{%- endmacro %}

{% macro landed_since(run_date) -%}
    {{ return("ingest_date >= date '" ~ run_date ~ "'") }}
{%- endmacro %}
