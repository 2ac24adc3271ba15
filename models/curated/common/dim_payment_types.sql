{{ config(materialized='table') }}

with payment_types as (
    select * from {{ ref('seed_payment_types') }}
)

select
    payment_type,

    payment_type_label_pt,
    is_immediate
from payment_types
union all
{# A payment of a type that no list knows joins this one. #}
select
    'unknown' as payment_type,

    'Desconhecido' as payment_type_label_pt,
    false as is_immediate
