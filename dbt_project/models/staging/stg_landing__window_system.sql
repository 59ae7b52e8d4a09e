select
    'window_system' as system,
    stat_date,
    hall_code,
    department_code,
    item_code,
    measure,
    count as daily_count
from {{ landing_extracts(source('landing', 'window_system')) }}
