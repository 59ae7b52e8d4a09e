select unnest(generate_series(min(month_start), max(month_start), interval 1 day))::date as date_day
from {{ ref('certified_numbers') }}
