{{ config(meta={
    'description': 'By hall and department, a stock of the day before + its inflow - its outflow = the stock of the day, for every two consecutive days that are in; before the first such day it was not negative. Which stocks balance is said by the hall (stock_balances).',
    'next_step': "ask the system's keeper about the first failing day: its stock, inflow or outflow was corrected and not all three",
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

-- The last day of the month before belongs to the chain when it is in the warehouse.
with counts as (
    select
        balances.stock,
        counts.hall_code,
        counts.department_code,
        counts.stat_date,
        counts.daily_count * cast(counts.measure = balances.inflow as integer) as inflow,
        counts.daily_count * cast(counts.measure = balances.outflow as integer) as outflow,
        counts.daily_count * cast(counts.measure = balances.stock as integer) as stock_at_end
    from {{ ref('fct_daily_counts') }} as counts
    inner join {{ ref('stg_hall__stock_balances') }} as balances
        on counts.measure in (balances.stock, balances.inflow, balances.outflow)
    where
        counts.month_start in ({{ built_month_first(-1) }}, {{ built_month_first() }})
        and counts.stat_date >= {{ built_month_first() }} - interval 1 day
),

days_in as (
    select distinct
        balances.stock,
        completeness.hall_code,
        completeness.stat_date
    from {{ ref('fct_completeness') }} as completeness
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on completeness.system = system_measures.system
    inner join {{ ref('stg_hall__stock_balances') }} as balances
        on system_measures.measure = balances.stock
    where
        completeness.month_start in ({{ built_month_first(-1) }}, {{ built_month_first() }})
        and completeness.stat_date >= {{ built_month_first() }} - interval 1 day
        and completeness.is_received
),

departments as (
    select distinct
        stock,
        hall_code,
        department_code
    from counts
),

daily as (
    select
        days_in.stock,
        days_in.hall_code,
        departments.department_code,
        days_in.stat_date,
        coalesce(sum(counts.inflow), 0) as inflow,
        coalesce(sum(counts.outflow), 0) as outflow,
        coalesce(sum(counts.stock_at_end), 0) as stock_at_end
    from days_in
    inner join departments
        on
            days_in.stock = departments.stock
            and days_in.hall_code = departments.hall_code
    left join counts
        on
            days_in.stock = counts.stock
            and days_in.hall_code = counts.hall_code
            and days_in.stat_date = counts.stat_date
            and departments.department_code = counts.department_code
    group by
        days_in.stock,
        days_in.hall_code,
        departments.department_code,
        days_in.stat_date
),

chained as (
    select
        *,
        lag(stat_date) over day_by_day as previous_date,
        lag(stock_at_end) over day_by_day as previous_stock,
        stock_at_end - inflow + outflow as implied_stock_at_start
    from daily
    window day_by_day as (
        partition by stock, hall_code, department_code
        order by stat_date
    )
)

select *
from chained
where
    implied_stock_at_start < 0
    or (previous_date = stat_date - interval 1 day and previous_stock <> implied_stock_at_start)
