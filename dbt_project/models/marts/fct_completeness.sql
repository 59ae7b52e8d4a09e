{{ config(
    materialized='incremental',
    incremental_strategy='replace_month',
    on_schema_change='fail',
    full_refresh=false,
) }}

with days as (
    select * from {{ ref('dim_date') }}
    where month_start = {{ built_month_first() }}
),

hall_systems as (
    select * from {{ ref('stg_landing__hall_systems') }}
),

extracts as (
    select
        *,
        unnest(halls) as hall_code
    from {{ ref('stg_landing__extracts') }}
),

states as (
    select
        days.stat_date,
        days.month_start,
        hall_systems.system,
        hall_systems.hall_code,
        days.is_working_day,
        extracts.sha256 as extract_sha256,
        extracts.row_count,
        hall_systems.opens = 'every_day' or days.is_working_day as is_expected,
        coalesce(extracts.state = 'answered', false) as is_received,
        coalesce(extracts.state = 'closed', false) as is_declared_closed
    from days
    cross join hall_systems
    left join extracts
        on
            days.stat_date = extracts.stat_date
            and hall_systems.system = extracts.system
            and hall_systems.hall_code = extracts.hall_code
)

select
    stat_date,
    month_start,
    system,
    hall_code,
    is_working_day,
    is_expected,
    is_received,
    is_declared_closed,
    extract_sha256,
    row_count,
    is_received or (is_declared_closed and not is_expected) as is_complete
from states
