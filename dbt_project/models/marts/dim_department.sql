select
    department_code,
    department_name,
    valid_from,
    valid_to,
    successors
from {{ ref('stg_hall__departments') }}
