{{ config(
    materialized='incremental',
    incremental_strategy='replace_month',
    on_schema_change='fail',
    full_refresh=false,
) }}

select
    stat_date,
    {{ built_month_first() }} as month_start,
    hall_code,
    department_code,
    item_code,
    measure,
    daily_count,
    system
from {{ ref('stg_landing__daily_counts') }}
where
    stat_date >= {{ built_month_first() }}
    and stat_date < {{ built_month_first(1) }}
