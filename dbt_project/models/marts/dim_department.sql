select
    department_code,
    department_name
from {{ ref('stg_hall__departments') }}
