select
    hall_code,
    counted_hall_code,
    is_whole
from {{ input_table(source('landing', 'site_hierarchy')) }}
