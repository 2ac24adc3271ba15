{#- The partitions of a raw table that this run reads: those landed on its business date or later,
    up to `run_until` where a backfill sets it; all of them for a table that is built anew, which holds
    nothing of the days before. -#}
{% macro landed_since_run_date() -%}
    {%- if is_incremental() -%}
        {{ return(landed_between(var("run_date"), var("run_until"))) }}
    {%- endif -%}
    {{ return(landed_since("1970-01-01")) }}
{%- endmacro %}

{#- The same for full lists, all since the business date, whatever `run_until` says: what is gone
    is told by the list after, and a late list is put right by those that came before it. -#}
{% macro lists_since_run_date() -%}
    {{ return(landed_since(var("run_date") if is_incremental() else "1970-01-01")) }}
{%- endmacro %}

{% macro landed_since(run_date) -%}
    {{ return("ingest_date >= date '" ~ run_date ~ "'") }}
{%- endmacro %}

{% macro landed_between(run_date, run_until) -%}
    {%- set last = " and ingest_date <= date '" ~ run_until ~ "'" if run_until else "" -%}
    {{ return(landed_since(run_date) ~ last) }}
{%- endmacro %}
