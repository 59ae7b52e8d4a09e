select
    system,
    system_name,
    hall_code,
    opens,
    valid_from,
    valid_to
from {{ input_table(source('landing', 'hall_systems')) }}
