{{ config(materialized='month') }}

select
    stat_date,
    {{ built_month_first() }} as month_start,
    cast({{ iso_weekday('stat_date') }} as integer) as iso_weekday,
    is_working_day,
    reason
from {{ ref('stg_landing__calendar') }}
where
    stat_date >= {{ built_first_day() }}
    and stat_date <= {{ built_last_day() }}
