select
    measure,
    measure_name,
    event_counted,
    aggregation
from {{ ref('measures') }}
