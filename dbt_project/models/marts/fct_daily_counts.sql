{{ config(
    materialized='incremental',
    incremental_strategy='replace_month',
    on_schema_change='fail',
    full_refresh=false,
) }}

select
    stat_date,
    month_start,
    hall_code,
    department_code,
    item_code,
    measure,
    daily_count,
    system
from {{ ref('int_daily_counts_unioned') }}
where month_start = {{ built_month_first() }}
