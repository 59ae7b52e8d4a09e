select
    department_code,
    department_name
from {{ input_table(source('hall', 'departments')) }}
