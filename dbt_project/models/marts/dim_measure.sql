select
    measure,
    measure_name,
    event_counted,
    aggregation
from {{ ref('stg_hall__measures') }}
