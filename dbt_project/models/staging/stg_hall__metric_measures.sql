select
    metric,
    version,
    measure
from {{ input_table(source('hall', 'metric_measures')) }}
