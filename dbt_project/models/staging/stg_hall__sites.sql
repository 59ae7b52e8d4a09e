select
    hall_code,
    hall_name,
    hall_level
from {{ input_table(source('hall', 'sites')) }}
