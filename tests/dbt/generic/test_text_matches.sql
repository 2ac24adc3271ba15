{#- A returned row has a text that does not match the regular expression. NULL passes. -#}
{% test text_matches(model, column_name, pattern) %}
select {{ column_name }}
from {{ model }}
where not regexp_like({{ column_name }}, '{{ pattern }}')
{% endtest %}
