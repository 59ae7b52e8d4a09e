{{ config(materialized='month') }}

select
    stat_date,
    {{ built_month_first() }} as month_start,
    hall_code,
    department_code,
    measure,
    system,
    -- A count that is null would be lost in a sum: it makes the sum null, which the contract refuses.
    case when count(*) = count(daily_count) then cast(sum(daily_count) as bigint) end as daily_count,
    count(*) as row_count,
    min(daily_count) as lowest_count
from {{ ref('stg_landing__daily_counts') }}
where
    stat_date >= {{ built_first_day() }}
    and stat_date <= {{ built_last_day() }}
group by
    stat_date,
    hall_code,
    department_code,
    measure,
    system
