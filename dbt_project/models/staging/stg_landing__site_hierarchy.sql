select
    hall_code,
    counted_hall_code
from {{ input_table(source('landing', 'site_hierarchy')) }}
