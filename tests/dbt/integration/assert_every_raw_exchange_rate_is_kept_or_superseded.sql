{{ config(meta={'scan': 'dimension'}) }}

-- A returned row is a version of an exchange rate that landed and is neither in int_exchange_rates
-- nor superseded there.
{{ rows_not_kept(
    ref('int_exchange_rates'),
    source('payment_gateway', 'exchange_rates'),
    keys={'currency': 'upper(trim(currency))', 'rate_date': 'rate_date'},
    clock={'updated_at': 'updated_at'},
    values={'brl_per_unit': 'brl_per_unit'}
) }}
