select
    measure,
    measure_name,
    event_counted,
    aggregation,
    valid_from,
    valid_to
from {{ ref('stg_hall__measures') }}
