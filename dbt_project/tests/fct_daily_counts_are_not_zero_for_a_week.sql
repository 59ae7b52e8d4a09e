{{ config(severity='warn', meta={
    'description': 'No site states nothing but zeros to a system on five working days running or more; days off and closed days in between are as they are. A site that has as few counts on most other days of the month is left out, for it is always so.',
    'next_step': "ask whoever reports for the site: were these zeros counted, or did a form go out empty? A site that was closed belongs into catalogue/calendar_overrides.csv; a stated zero counts as zero until it is corrected",
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

-- Stocks are left out: that one stays as it is is no sign of anything.
with summed as (
    select
        system_measures.system,
        system_measures.measure
    from {{ ref('stg_hall__system_measures') }} as system_measures
    inner join {{ ref('dim_measure') }} as measures
        on system_measures.measure = measures.measure
    where measures.is_additive
),

counting as (
    select distinct system from summed
),

counts as (
    select
        daily_counts.system,
        daily_counts.hall_code,
        daily_counts.stat_date,
        sum(daily_counts.daily_count) as counted
    from {{ ref('fct_daily_counts') }} as daily_counts
    inner join summed
        on
            daily_counts.system = summed.system
            and daily_counts.measure = summed.measure
    where daily_counts.month_start = {{ built_month_first() }}
    group by
        daily_counts.system,
        daily_counts.hall_code,
        daily_counts.stat_date
),

days as (
    select
        completeness.system,
        completeness.hall_code,
        completeness.stat_date,
        coalesce(counts.counted, 0) = 0 as is_zero
    from {{ ref('fct_completeness') }} as completeness
    inner join counting
        on completeness.system = counting.system
    left join counts
        on
            completeness.system = counts.system
            and completeness.hall_code = counts.hall_code
            and completeness.stat_date = counts.stat_date
    where
        completeness.month_start = {{ built_month_first() }}
        and completeness.is_received
        and (completeness.is_working_day or counts.counted > 0)
),

numbered as (
    select
        *,
        row_number() over (partition by system, hall_code order by stat_date)
        - row_number() over (partition by system, hall_code, is_zero order by stat_date) as run
    from days
),

runs as (
    select
        system,
        hall_code,
        min(stat_date) as first_day,
        max(stat_date) as last_day,
        count(*) as zero_days
    from numbered
    where is_zero
    group by
        system,
        hall_code,
        run
),

sites as (
    select
        system,
        hall_code,
        count(*) as days_in,
        sum(cast(is_zero as integer)) as zero_days
    from days
    group by
        system,
        hall_code
)

select
    runs.system,
    runs.hall_code,
    halls.hall_name,
    runs.first_day,
    runs.last_day,
    runs.zero_days as working_days
from runs
inner join sites
    on
        runs.system = sites.system
        and runs.hall_code = sites.hall_code
left join {{ ref('dim_hall') }} as halls
    on runs.hall_code = halls.hall_code
where
    runs.zero_days >= 5
    and 2 * (sites.zero_days - runs.zero_days) <= sites.days_in - runs.zero_days
