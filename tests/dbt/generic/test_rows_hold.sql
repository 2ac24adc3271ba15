{#- A returned row breaks one of the conditions. A condition that is NULL passes. -#}
{% test rows_hold(model, conditions) %}
select *
from {{ model }}
where not ({{ conditions | join(")\n    or not (") }})
{% endtest %}
