select
    hall_code,
    hall_name,
    hall_level,
    valid_from,
    valid_to,
    successors,
    parent
from {{ ref('stg_hall__sites') }}
