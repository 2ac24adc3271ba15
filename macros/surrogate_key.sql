{#- A stable key of ours from one or more columns: the MD5, in lower hex, of their texts.
    NULL and the empty text give different keys. -#}
{% macro surrogate_key(columns) -%}
    {%- set texts = [] -%}
    {%- for column in columns -%}
        {%- do texts.append("coalesce('v' || cast(" ~ column ~ " as varchar), 'n')") -%}
    {%- endfor -%}
    lower(to_hex(md5(to_utf8({{ texts | join(" || '|' || ") }}))))
{%- endmacro %}
