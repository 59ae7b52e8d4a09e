{{ config(
    materialized='incremental',
    incremental_strategy='replace_month',
    on_schema_change='fail',
    full_refresh=false,
) }}

with daily_counts as (
    select * from {{ ref('fct_daily_counts') }}
    where month_start = {{ built_month_first() }}
),

measures as (
    select * from {{ ref('dim_measure') }}
),

last_day as (
    select
        system,
        hall_code,
        stat_date
    from {{ ref('fct_completeness') }}
    where
        month_start = {{ built_month_first() }}
        and stat_date = {{ built_month_first(1) }} - interval 1 day
        and is_complete
),

summed as (
    select
        daily_counts.month_start,
        daily_counts.hall_code,
        daily_counts.department_code,
        daily_counts.measure,
        cast(sum(daily_counts.daily_count) as bigint) as monthly_count
    from daily_counts
    inner join measures
        on daily_counts.measure = measures.measure
    where measures.aggregation = 'sum'
    group by
        daily_counts.month_start,
        daily_counts.hall_code,
        daily_counts.department_code,
        daily_counts.measure
),

-- A stock has a value only when the last day is in; who had one earlier and isn't in that answer has none left.
closing as (
    select
        daily_counts.month_start,
        daily_counts.hall_code,
        daily_counts.department_code,
        daily_counts.measure,
        cast(sum(
            case when daily_counts.stat_date = last_day.stat_date then daily_counts.daily_count else 0 end
        ) as bigint) as monthly_count
    from daily_counts
    inner join measures
        on daily_counts.measure = measures.measure
    inner join last_day
        on
            daily_counts.system = last_day.system
            and daily_counts.hall_code = last_day.hall_code
    where measures.aggregation = 'closing'
    group by
        daily_counts.month_start,
        daily_counts.hall_code,
        daily_counts.department_code,
        daily_counts.measure
)

select * from summed
union all
select * from closing
