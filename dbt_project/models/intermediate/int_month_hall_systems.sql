select
    hall_systems.system,
    hall_systems.hall_code,
    hall_systems.opens,
    hall_systems.valid_from,
    hall_systems.valid_to
from {{ ref('stg_landing__hall_systems') }} as hall_systems
where {{ is_valid_in_month('hall_systems') }}
