{{ config(meta={'scan': 'dimension'}) }}

-- A returned row is a status that counts as a sale and must not, or the other way about: GMV is
-- that of the orders which are neither canceled nor unavailable.
select order_status
from {{ ref('seed_order_statuses') }}
where counts_as_sale = (order_status in ('canceled', 'unavailable'))
