select
    department_code,
    department_name
from {{ ref('departments') }}
