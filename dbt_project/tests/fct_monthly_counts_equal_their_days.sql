{{ config(meta={
    'description': 'A summed measure is the sum of its days, a stock is what stood at the end of the last day that a hall system which answers it was open, by hall and department.',
    'next_step': "report it with the run's id: dbt_project/models/marts/fct_monthly_counts.sql doesn't add up its days",
    'dagster': {'ref': {'name': 'fct_monthly_counts'}},
}) }}

-- The last day with an answer, or owed one, of the systems that answer a measure in turn: when it is missing there are
-- no counts of it, and no stock of the month.
with last_days as (
    select
        completeness.hall_code,
        system_measures.measure,
        max(completeness.stat_date) as stat_date
    from {{ ref('fct_completeness') }} as completeness
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on completeness.system = system_measures.system
    where
        completeness.month_start = {{ built_month_first() }}
        and (completeness.is_received or not completeness.is_complete)
    group by
        completeness.hall_code,
        system_measures.measure
),

days as (
    select
        daily_counts.hall_code,
        daily_counts.department_code,
        daily_counts.measure,
        sum(daily_counts.daily_count) as expected_count
    from {{ ref('fct_daily_counts') }} as daily_counts
    left join {{ ref('dim_measure') }} as measures
        on daily_counts.measure = measures.measure
    left join last_days
        on
            daily_counts.hall_code = last_days.hall_code
            and daily_counts.measure = last_days.measure
    where
        daily_counts.month_start = {{ built_month_first() }}
        and (
            measures.is_additive is distinct from false
            or daily_counts.stat_date = last_days.stat_date
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
    days.expected_count as expected,
    months.monthly_count as found
from months
full outer join days
    on
        months.hall_code = days.hall_code
        and months.department_code = days.department_code
        and months.measure = days.measure
-- A stock that was used up has its zero in the month, but no row on the last day.
where months.monthly_count is null or months.monthly_count <> coalesce(days.expected_count, 0)
