{{ config(materialized='month') }}

with daily_counts as (
    select * from {{ ref('fct_daily_counts') }}
    where month_start = {{ built_month_first() }}
),

measures as (
    select * from {{ ref('dim_measure') }}
),

-- Of all systems that answer a measure in turn. Closed days after it change no stock, missing days might.
last_answers as (
    select
        completeness.hall_code,
        system_measures.measure,
        max(case when completeness.is_received then completeness.stat_date end) as stat_date
    from {{ ref('fct_completeness') }} as completeness
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on completeness.system = system_measures.system
    where completeness.month_start = {{ built_month_first() }}
    group by
        completeness.hall_code,
        system_measures.measure
    having
        max(case when completeness.is_received then completeness.stat_date end)
        > coalesce(
            max(case when not completeness.is_complete then completeness.stat_date end),
            cast({{ built_first_day() }} - interval 1 day as date)
        )
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
    where measures.is_additive
    group by
        daily_counts.month_start,
        daily_counts.hall_code,
        daily_counts.department_code,
        daily_counts.measure
),

-- Who had some of a stock earlier and isn't in the last answer has none left.
closing as (
    select
        daily_counts.month_start,
        daily_counts.hall_code,
        daily_counts.department_code,
        daily_counts.measure,
        cast(sum(
            case when daily_counts.stat_date = last_answers.stat_date then daily_counts.daily_count else 0 end
        ) as bigint) as monthly_count
    from daily_counts
    inner join measures
        on daily_counts.measure = measures.measure
    inner join last_answers
        on
            daily_counts.hall_code = last_answers.hall_code
            and daily_counts.measure = last_answers.measure
    where not measures.is_additive
    group by
        daily_counts.month_start,
        daily_counts.hall_code,
        daily_counts.department_code,
        daily_counts.measure
)

select * from summed
union all
select * from closing
