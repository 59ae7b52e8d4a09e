{{ config(meta={
    'description': 'By hall and department (by hall alone, where a department begins, ends or takes over another one), a stock of the day before + its inflows - its outflows = the stock of the day, for every two days that are in with none but closed ones in between; the first of them is the boundary, the last open day before the month, where the month names it; before the first such day it was not negative. Which stocks balance is said by the hall (stock_balances).',
    'next_step': "ask the system's keeper about the first failing day: its stock or a flow was corrected and not all of them; a flow that stock_balances.csv doesn't name breaks every day",
    'not_applicable_without': 'stock_balances',
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

-- Everything that is compared is an input of this build: another month's rows in the warehouse are never looked at.
with month_and_boundary as (
    select
        hall_code,
        department_code,
        stat_date,
        measure,
        daily_count
    from {{ ref('fct_daily_counts') }}
    where month_start = {{ built_month_first() }}

    union all

    select
        hall_code,
        department_code,
        stat_date,
        measure,
        daily_count
    from {{ ref('stg_landing__daily_counts') }}
    where stat_date < {{ built_first_day() }}
),

stocks as (
    select distinct stock from {{ ref('stg_hall__stock_balances') }}
),

terms as (
    select
        stock,
        measure,
        sign as sign_of_flow,
        0 as sign_of_stock
    from {{ ref('stg_hall__stock_balances') }}

    union all

    select
        stock,
        stock as measure,
        0 as sign_of_flow,
        1 as sign_of_stock
    from stocks
),

counts as (
    select
        terms.stock,
        month_and_boundary.hall_code,
        month_and_boundary.department_code,
        month_and_boundary.stat_date,
        month_and_boundary.daily_count * terms.sign_of_flow as net_flow,
        month_and_boundary.daily_count * terms.sign_of_stock as stock_at_end
    from month_and_boundary
    inner join terms
        on month_and_boundary.measure = terms.measure
),

-- A day that is neither in nor closed is a gap, over which nothing is compared. There is none before the month: the
-- system was closed on every day between the boundary and its first.
days as (
    select
        system,
        hall_code,
        stat_date,
        is_received,
        not is_complete as is_gap
    from {{ ref('fct_completeness') }}
    where month_start = {{ built_month_first() }}

    union all

    select
        extracts.system,
        hall_systems.hall_code,
        extracts.stat_date,
        extracts.state = 'answered' and array_contains(extracts.halls, hall_systems.hall_code) as is_received,
        false as is_gap
    from {{ ref('stg_landing__extracts') }} as extracts
    inner join {{ ref('stg_landing__hall_systems') }} as hall_systems
        on extracts.system = hall_systems.system
    -- A site that isn't there yet has no stock that it could be held against.
    where
        extracts.stat_date < {{ built_first_day() }}
        and not exists (
            select 1 from {{ ref('stg_hall__sites') }} as sites
            where
                sites.hall_code = hall_systems.hall_code
                and not ({{ is_valid_on('sites', 'extracts.stat_date') }})
        )
),

days_of_stocks as (
    select
        stocks.stock,
        days.hall_code,
        days.stat_date,
        bool_or(days.is_received) as is_received,
        bool_or(days.is_gap) as is_gap
    from days
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on days.system = system_measures.system
    inner join stocks
        on system_measures.measure = stocks.stock
    group by
        stocks.stock,
        days.hall_code,
        days.stat_date
),

numbered as (
    select
        *,
        sum(cast(is_gap as integer)) over (
            partition by stock, hall_code
            order by stat_date
        ) as gaps_before
    from days_of_stocks
),

days_in as (
    select
        stock,
        hall_code,
        stat_date,
        lag(stat_date) over day_by_day as previous_date,
        coalesce(lag(gaps_before) over day_by_day = gaps_before, false) as is_next
    from numbered
    where is_received
    window day_by_day as (
        partition by stock, hall_code
        order by stat_date
    )
),

stocks_of_the_month as (
    select distinct
        stock,
        hall_code
    from days_in
    where stat_date >= {{ built_first_day() }}
),

departments as (
    select distinct
        counts.stock,
        counts.hall_code,
        counts.department_code,
        known_departments.valid_from,
        known_departments.valid_to
    from counts
    left join {{ ref('dim_department') }} as known_departments
        on counts.department_code = known_departments.department_code
),

-- Who takes over the stock of a department that ended, after its last day.
handed_over as (
    select
        last_date,
        trim(successor) as department_code
    from (
        select
            valid_to as last_date,
            {{ unnested("split(successors, ';')") }} as successor
        from {{ ref('dim_department') }}
    ) as ended
),

daily as (
    select
        days_in.stock,
        days_in.hall_code,
        departments.department_code,
        days_in.stat_date,
        days_in.previous_date,
        days_in.is_next,
        departments.valid_from,
        departments.valid_to,
        coalesce(sum(counts.net_flow), 0) as net_flow,
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
        days_in.stat_date,
        days_in.previous_date,
        days_in.is_next,
        departments.valid_from,
        departments.valid_to
),

-- A department that begins, ends or takes over is compared within its hall, of which no stock may be lost.
by_department as (
    select
        daily.stock,
        daily.hall_code,
        daily.department_code,
        daily.stat_date,
        daily.previous_date,
        daily.is_next,
        daily.net_flow,
        daily.stock_at_end,
        {{ is_valid_on('daily', 'daily.stat_date') }}
        and {{ is_valid_on('daily', 'daily.previous_date') }}
        and not exists (
            select 1 from handed_over
            where
                handed_over.department_code = daily.department_code
                and handed_over.last_date >= daily.previous_date
                and handed_over.last_date < daily.stat_date
        ) as is_compared
    from daily
),

compared as (
    select * from by_department

    union all

    select
        stock,
        hall_code,
        null as department_code,
        stat_date,
        previous_date,
        is_next,
        sum(net_flow) as net_flow,
        sum(stock_at_end) as stock_at_end,
        not bool_and(is_compared) as is_compared
    from by_department
    group by
        stock,
        hall_code,
        stat_date,
        previous_date,
        is_next
),

chained as (
    select
        *,
        lag(stock_at_end) over (
            partition by stock, hall_code, department_code
            order by stat_date
        ) as previous_stock,
        stock_at_end - net_flow as implied_stock_at_start
    from compared
)

select
    stock,
    hall_code,
    department_code,
    stat_date,
    previous_date,
    previous_stock as expected_stock_at_start,
    implied_stock_at_start as found_stock_at_start,
    'does not balance' as problem
from chained
where
    stat_date >= {{ built_first_day() }}
    and (implied_stock_at_start < 0 or (is_next and is_compared and previous_stock <> implied_stock_at_start))

union all

-- A boundary that nothing is held against compares nothing: its extract lacks the hall or is no answer, or the month
-- begins with a gap. Where the system was closed all month there is no stock to compare.
select
    boundary.stock,
    boundary.hall_code,
    null as department_code,
    boundary.stat_date,
    null as previous_date,
    null as expected_stock_at_start,
    null as found_stock_at_start,
    'boundary not compared' as problem
from days_of_stocks as boundary
inner join stocks_of_the_month
    on
        boundary.stock = stocks_of_the_month.stock
        and boundary.hall_code = stocks_of_the_month.hall_code
left join days_in as day_after
    on
        boundary.stock = day_after.stock
        and boundary.hall_code = day_after.hall_code
        and boundary.stat_date = day_after.previous_date
        and day_after.is_next
where
    boundary.stat_date < {{ built_first_day() }}
    and day_after.stat_date is null
