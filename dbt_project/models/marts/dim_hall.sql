select
    hall_code,
    hall_name,
    hall_level
from {{ ref('stg_hall__sites') }}
