{#- A returned row is a version, landed on whatever day, that is neither in the model nor superseded
    there: the tests of a day cannot see a version of an earlier one that an older one replaced. -#}
{% test every_version_kept(model, raw, keys, clock, keeps="newest") %}
select lost.*
from (
    {{ rows_not_kept(
        model, raw, keys, clock, keeps=keeps, since="1970-01-01"
    ) | indent(4) }}
) as lost
{% endtest %}
