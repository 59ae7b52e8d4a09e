select
    measure,
    measure_name,
    event_counted,
    kind,
    unit,
    scale,
    negative,
    valid_from,
    valid_to
from {{ input_table(source('hall', 'measures')) }}
