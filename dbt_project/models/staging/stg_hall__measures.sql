select
    measure,
    measure_name,
    event_counted,
    aggregation
from {{ input_table(source('hall', 'measures')) }}
