{{ config(meta={
    'description': 'A summed measure is the sum of its days, a stock is what stood at the end of the last day, by hall and department.',
    'dagster': {'ref': {'name': 'fct_monthly_counts'}},
}) }}

with days as (
    select
        daily_counts.hall_code,
        daily_counts.department_code,
        daily_counts.measure,
        sum(daily_counts.daily_count) as expected_count
    from {{ ref('fct_daily_counts') }} as daily_counts
    left join {{ ref('dim_measure') }} as measures
        on daily_counts.measure = measures.measure
    where
        daily_counts.month_start = {{ built_month_first() }}
        and (
            measures.aggregation is distinct from 'closing'
            or daily_counts.stat_date = {{ built_month_first(1) }} - interval 1 day
        )
    group by
        daily_counts.hall_code,
        daily_counts.department_code,
        daily_counts.measure
),

months as (
    select * from {{ ref('fct_monthly_counts') }}
    where month_start = {{ built_month_first() }}
)

select
    coalesce(months.hall_code, days.hall_code) as hall_code,
    coalesce(months.department_code, days.department_code) as department_code,
    coalesce(months.measure, days.measure) as measure,
    months.monthly_count,
    days.expected_count
from months
full outer join days
    on
        months.hall_code = days.hall_code
        and months.department_code = days.department_code
        and months.measure = days.measure
-- A stock that was used up has its zero in the month, but no row on the last day.
where months.monthly_count is null or months.monthly_count <> coalesce(days.expected_count, 0)
