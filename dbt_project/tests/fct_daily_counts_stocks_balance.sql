{{ config(meta={
    'description': 'By site and department, the stock of the answered day before + its inflow - its outflow = the stock of the day, for every answered day with no day missing between the two; before the first such day it was not negative. The last answered day of the month before is an input of the month. Which stocks balance is said by the hall (stock_balances).',
    'next_step': "ask the system's keeper about the first failing day: its stock, inflow or outflow was corrected and not all three",
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

with counts as (
    select
        balances.stock,
        counts.hall_code,
        counts.department_code,
        counts.stat_date,
        counts.daily_count * cast(counts.measure = balances.inflow as integer) as inflow,
        counts.daily_count * cast(counts.measure = balances.outflow as integer) as outflow,
        counts.daily_count * cast(counts.measure = balances.stock as integer) as stock_at_end
    from {{ ref('stg_landing__daily_counts') }} as counts
    inner join {{ ref('stg_hall__stock_balances') }} as balances
        on counts.measure in (balances.stock, balances.inflow, balances.outflow)
),

extracts as (
    select
        system,
        stat_date,
        state,
        unnest(halls) as hall_code
    from {{ ref('stg_landing__extracts') }}
),

-- Closed days change no stock: they count as days that are in, so that a weekend doesn't break the chain.
numbered as (
    select
        balances.stock,
        extracts.hall_code,
        extracts.stat_date,
        extracts.state = 'answered' as is_answered,
        row_number() over (
            partition by balances.stock, extracts.hall_code
            order by extracts.stat_date
        ) as place
    from extracts
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on extracts.system = system_measures.system
    inner join {{ ref('stg_hall__stock_balances') }} as balances
        on system_measures.measure = balances.stock
),

days_answered as (
    select * from numbered
    where is_answered
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
        days_answered.stock,
        days_answered.hall_code,
        departments.department_code,
        days_answered.stat_date,
        days_answered.place,
        coalesce(sum(counts.inflow), 0) as inflow,
        coalesce(sum(counts.outflow), 0) as outflow,
        coalesce(sum(counts.stock_at_end), 0) as stock_at_end
    from days_answered
    inner join departments
        on
            days_answered.stock = departments.stock
            and days_answered.hall_code = departments.hall_code
    left join counts
        on
            days_answered.stock = counts.stock
            and days_answered.hall_code = counts.hall_code
            and days_answered.stat_date = counts.stat_date
            and departments.department_code = counts.department_code
    group by
        days_answered.stock,
        days_answered.hall_code,
        departments.department_code,
        days_answered.stat_date,
        days_answered.place
),

chained as (
    select
        *,
        lag(stat_date) over day_by_day as previous_date,
        lag(place) over day_by_day as previous_place,
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
    or (stat_date - previous_date = place - previous_place and previous_stock <> implied_stock_at_start)
