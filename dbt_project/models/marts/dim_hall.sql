select
    hall_code,
    hall_name,
    hall_level,
    valid_from,
    valid_to,
    successors
from {{ ref('stg_hall__sites') }}
