select
    lesser_measure,
    greater_measure,
    reason
from {{ input_table(source('hall', 'reconciliations')) }}
