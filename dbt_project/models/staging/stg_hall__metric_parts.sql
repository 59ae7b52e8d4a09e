select
    metric,
    version,
    part
from {{ input_table(source('hall', 'metric_parts')) }}
