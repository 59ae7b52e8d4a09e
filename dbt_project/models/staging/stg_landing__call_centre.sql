select
    'call_centre' as system,
    stat_date,
    hall_code,
    department_code,
    item_code,
    measure,
    count as daily_count
from {{ landing_extracts(source('landing', 'call_centre')) }}
