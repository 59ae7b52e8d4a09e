select
    system,
    measure
from {{ input_table(source('hall', 'system_measures')) }}
