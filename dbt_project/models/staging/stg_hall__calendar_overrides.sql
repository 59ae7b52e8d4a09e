select
    stat_date,
    is_working_day,
    reason,
    reviewed_by,
    system,
    site
from {{ input_table(source('hall', 'calendar_overrides')) }}
