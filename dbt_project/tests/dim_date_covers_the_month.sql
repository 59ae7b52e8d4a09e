{{ config(meta={
    'description': 'Every day of the month is there, once.',
    'next_step': "report it with the run's id: the calendar that the pipeline wrote for the month lacks or repeats a day",
    'dagster': {'ref': {'name': 'dim_date'}},
}) }}

with days as (
    select
        count(distinct stat_date) as day_count,
        min(stat_date) as first_day,
        max(stat_date) as last_day
    from {{ ref('dim_date') }}
    where month_start = {{ built_month_first() }}
),

month as (
    select
        {{ built_first_day() }} as first_day,
        {{ built_last_day() }} as last_day
)

select
    days.day_count,
    days.first_day,
    days.last_day
from month
cross join days
where
    days.first_day is distinct from month.first_day
    or days.last_day is distinct from month.last_day
    or days.day_count <> 1 + {{ days_between('month.first_day', 'month.last_day') }}
