select hall_code
from {{ input_table(source('landing', 'left_out_sites')) }}
