{{ config(materialized='table') }}

with payment_types as (
    select * from {{ ref('seed_payment_types') }}
),

inferred as (
    {{ inferred_members('payment_type') | indent(4) }}
)

select
    {{ member_key('payment_type') }} as payment_type_key,
    payment_type,

    payment_type_label_pt,
    is_immediate
from payment_types
union all
{# Types that payments name and the list lacks, and the one that stands for none. #}
select
    {{ member_key('member_id') }} as payment_type_key,
    member_id as payment_type,

    coalesce(member_id, 'Desconhecido') as payment_type_label_pt,
    false as is_immediate
from inferred
