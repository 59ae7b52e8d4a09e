select
    stat_date,
    is_working_day,
    reason
from {{ input_table(source('landing', 'calendar')) }}
