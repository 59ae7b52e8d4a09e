with unioned as (
    select * from {{ ref('stg_landing__online_platform') }}
    union all
    select * from {{ ref('stg_landing__window_system') }}
    union all
    select * from {{ ref('stg_landing__courier') }}
    union all
    select * from {{ ref('stg_landing__call_centre') }}
    union all
    select * from {{ ref('stg_landing__enquiry_desks') }}
)

select
    stat_date,
    cast(date_trunc('month', stat_date) as date) as month_start,
    hall_code,
    department_code,
    item_code,
    measure,
    daily_count,
    system
from unioned
