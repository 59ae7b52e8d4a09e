select
    measure,
    measure_name,
    event_counted,
    aggregation,
    valid_from,
    valid_to
from {{ input_table(source('hall', 'measures')) }}
