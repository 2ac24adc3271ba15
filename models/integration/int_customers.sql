{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='customer_id',
    update_condition=newer_version_condition(), on_schema_change='fail',
    merge_update_columns_rules={
        '_person_changed_date': "case when target.customer_unique_id <> src.customer_unique_id"
            ~ " then src._landed_date else coalesce(_new_, _old_) end"
    }
) }}

with customers as (
    select
        *,
        lag(customer_unique_id) over (
            partition by customer_id order by updated_at, _source_sequence
        ) as person_before
    from {{ source('order_management', 'customers') }}
    where {{ landed_since_run_date() }}
),

states as (
    select * from {{ ref('seed_br_states') }}
),

dated as (
    select
        *,
        max(case when person_before <> customer_unique_id then ingest_date end)
            over (partition by customer_id) as person_changed_date
    from customers
),

versions as (
    {{ winning_version(
        'dated', ['customer_id'], ['updated_at desc', '_source_sequence desc']
    ) | indent(4) }}
)

select
    versions.customer_id,
    versions.customer_unique_id,

    nullif(trim(versions.customer_name), '') as customer_name,
    lower(nullif(trim(versions.customer_email), '')) as customer_email,
    nullif(regexp_replace(versions.customer_phone, '[^0-9+]', ''), '') as customer_phone,
    nullif(regexp_replace(versions.customer_cpf, '[^0-9]', ''), '') as customer_cpf,
    trim(versions.customer_city) as city,
    coalesce(states.state, upper(trim(versions.customer_state))) as state,
    lpad(trim(versions.customer_zip_code_prefix), 5, '0') as zip_code_prefix,
    versions.deleted_at is not null as is_deleted,

    cast(versions.created_at as {{ instant_type() }}) as created_at,
    cast(versions.updated_at as {{ instant_type() }}) as updated_at,
    cast(versions.deleted_at as {{ instant_type() }}) as deleted_at,

    versions._source_sequence,
    versions.ingest_date as _landed_date,
    versions._run_id,
    versions.person_changed_date as _person_changed_date
from versions
left join states on upper(trim(versions.customer_state)) = states.state
where versions._version_rank = 1
