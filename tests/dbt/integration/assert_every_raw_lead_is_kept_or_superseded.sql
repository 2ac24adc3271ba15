{{ config(meta={'scan': 'dimension'}) }}

-- A returned row is a version of a lead that landed and is neither in int_marketing_leads
-- nor superseded there.
{{ rows_not_kept(
    ref('int_marketing_leads'),
    source('marketing', 'marketing_leads'),
    keys={'lead_id': 'lead_id'},
    clock={'updated_at': 'updated_at'},
    values={'lead_status': 'lower(trim(lead_status))', 'won_at': 'won_at'}
) }}
