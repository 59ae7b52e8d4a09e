{{ config(materialized='month') }}

with daily_counts as (
    select * from {{ ref('fct_daily_counts') }}
    where month_start = {{ built_month_first() }}
),

measures as (
    select * from {{ ref('dim_measure') }}
),

-- Closed days after it change no stock, missing days might.
last_answers as (
    select
        system,
        hall_code,
        max(case when is_received then stat_date end) as stat_date
    from {{ ref('fct_completeness') }}
    where month_start = {{ built_month_first() }}
    group by
        system,
        hall_code
    having
        max(case when is_received then stat_date end)
        > coalesce(max(case when not is_complete then stat_date end), {{ built_month_first(-1) }})
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
            daily_counts.system = last_answers.system
            and daily_counts.hall_code = last_answers.hall_code
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
