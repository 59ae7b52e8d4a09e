{{ config(meta={
    'description': 'By hall and department, open cases of the day before + accepted - completed = open cases of the day, for every two consecutive days that are in; before the first such day they were not negative.',
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

-- The last day of the month before belongs to the chain when it is in the warehouse.
with online_counts as (
    select * from {{ ref('fct_daily_counts') }}
    where
        month_start in ({{ built_month_first(-1) }}, {{ built_month_first() }})
        and stat_date >= {{ built_month_first() }} - interval 1 day
        and measure in ('online_accepted', 'online_completed', 'online_open')
),

days_in as (
    select distinct
        completeness.hall_code,
        completeness.stat_date
    from {{ ref('fct_completeness') }} as completeness
    inner join {{ ref('system_measures') }} as system_measures
        on completeness.system = system_measures.system
    where
        completeness.month_start in ({{ built_month_first(-1) }}, {{ built_month_first() }})
        and completeness.stat_date >= {{ built_month_first() }} - interval 1 day
        and completeness.is_received
        and system_measures.measure = 'online_open'
),

departments as (
    select distinct
        hall_code,
        department_code
    from online_counts
),

daily as (
    select
        days_in.hall_code,
        departments.department_code,
        days_in.stat_date,
        coalesce(sum(case when online_counts.measure = 'online_accepted' then online_counts.daily_count end), 0)
            as accepted,
        coalesce(sum(case when online_counts.measure = 'online_completed' then online_counts.daily_count end), 0)
            as completed,
        coalesce(sum(case when online_counts.measure = 'online_open' then online_counts.daily_count end), 0)
            as open_at_end
    from days_in
    inner join departments
        on days_in.hall_code = departments.hall_code
    left join online_counts
        on
            days_in.hall_code = online_counts.hall_code
            and days_in.stat_date = online_counts.stat_date
            and departments.department_code = online_counts.department_code
    group by
        days_in.hall_code,
        departments.department_code,
        days_in.stat_date
),

chained as (
    select
        *,
        lag(stat_date) over (
            partition by hall_code, department_code
            order by stat_date
        ) as previous_date,
        lag(open_at_end) over (
            partition by hall_code, department_code
            order by stat_date
        ) as previous_open,
        open_at_end - accepted + completed as implied_open_at_start
    from daily
)

select *
from chained
where
    implied_open_at_start < 0
    or (previous_date = stat_date - interval 1 day and previous_open <> implied_open_at_start)
