{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='customer_id',
    update_condition=newer_version_condition(), on_schema_change='fail',
    merge_update_columns_rules={
        '_person_changed_date': "case when target.customer_unique_id <> src.customer_unique_id"
            ~ " then coalesce(_new_, src._landed_date) else coalesce(_new_, _old_) end"
    }
) }}

{# Whose the account was at the end of each day. #}
with customers as (
    select
        *,
        {{ newest_by_day('customer_unique_id', 'customer_id') | indent(4) }} as person
    from {{ source('order_management', 'customers') }}
    where {{ landed_since_run_date() }}
),

changes as (
    select
        *,
        lag(person) over (partition by customer_id order by ingest_date) as person_before
    from customers
),

dated as (
    select
        *,
        max(case when person_before <> person then ingest_date end)
            over (partition by customer_id) as person_changed_date
    from changes
),

versions as (
    {{ winning_version(
        'dated', ['customer_id'],
        ['updated_at desc', '_source_sequence desc', 'ingest_date desc']
    ) | indent(4) }}
),

standard as (
    select
        *,
        {{ email_address('customer_email') }} as standard_email,
        {{ phone_number('customer_phone') }} as standard_phone,
        {{ cpf_number('customer_cpf') }} as standard_cpf
    from versions
    where _version_rank = 1
)

select
    customer_id,
    customer_unique_id,

    nullif(trim(customer_name), '') as customer_name,
    standard_email as customer_email,
    standard_phone as customer_phone,
    standard_cpf as customer_cpf,
    trim(customer_city) as city,
    {{ state_code('customer_state') }} as state,
    {{ zip_code_prefix('customer_zip_code_prefix') }} as zip_code_prefix,
    {{ is_mistyped('customer_email', 'standard_email') }} as is_email_mistyped,
    {{ is_mistyped('customer_phone', 'standard_phone') }} as is_phone_mistyped,
    {{ is_mistyped('customer_cpf', 'standard_cpf') }} as is_cpf_mistyped,
    deleted_at is not null as is_deleted,

    cast(created_at as {{ instant_type() }}) as created_at,
    cast(updated_at as {{ instant_type() }}) as updated_at,
    cast(deleted_at as {{ instant_type() }}) as deleted_at,

    _source_sequence,
    ingest_date as _landed_date,
    _run_id,
    person_changed_date as _person_changed_date
from standard
