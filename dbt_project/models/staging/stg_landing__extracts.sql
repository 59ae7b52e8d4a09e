select
    system,
    stat_date,
    state,
    path,
    sha256,
    content_sha256,
    row_count,
    count_sum,
    landed_at,
    halls
from {{ input_table(source('landing', 'extracts')) }}
