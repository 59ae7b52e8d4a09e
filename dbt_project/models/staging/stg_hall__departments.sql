select
    department_code,
    department_name,
    valid_from,
    valid_to,
    successors
from {{ input_table(source('hall', 'departments')) }}
