select
    measure,
    measure_name,
    event_counted,
    kind,
    kind in ('count', 'amount', 'duration') as is_additive,
    unit,
    scale,
    negative,
    valid_from,
    valid_to
from {{ ref('stg_hall__measures') }}
