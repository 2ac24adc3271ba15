{#- Returns a row when the column's type is another one, precision, scale and digits of a second
    included: a contract on Athena compares the family of a type only. -#}
{% test type_is(model, column_name, type) %}
select types.actual
from (select min(typeof({{ column_name }})) as actual from {{ model }}) as types
where types.actual is not null and types.actual <> '{{ type }}'
{% endtest %}
