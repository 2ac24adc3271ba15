{#- Returns a row when the column's type is another one, precision, scale and digits of a second
    included: a contract on Athena compares the family of a type only. Types are known without
    data, so that none is read. -#}
{% test type_is(model, column_name, type) %}
select types.actual
from (select typeof(max({{ column_name }})) as actual from {{ model }} where false) as types
where types.actual <> '{{ type }}'
{% endtest %}
