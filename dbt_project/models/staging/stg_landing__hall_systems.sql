select
    system,
    system_name,
    hall_code,
    opens
from {{ input_table(source('landing', 'hall_systems')) }}
