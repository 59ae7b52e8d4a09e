{{ config(meta={
    'description': 'For each hall system and day, the rows read and their sum are those of the extract that was landed, and every extract is of a day of the month, or of the boundary before it.',
    'next_step': "run `yuebao verify MONTH`, then pull the days of the failing rows again",
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

with landed as (
    select
        system,
        stat_date,
        row_count,
        count_sum
    from {{ ref('stg_landing__extracts') }}
),

-- Of the month what is in the facts, of the boundary what its test reads.
counts as (
    select
        system,
        stat_date,
        row_count,
        daily_count
    from {{ ref('fct_daily_counts') }}
    where month_start = {{ built_month_first() }}

    union all

    select
        system,
        stat_date,
        1 as row_count,
        daily_count
    from {{ ref('stg_landing__daily_counts') }}
    where stat_date < {{ built_first_day() }}
),

loaded as (
    select
        system,
        stat_date,
        sum(row_count) as row_count,
        sum(daily_count) as count_sum
    from counts
    group by
        system,
        stat_date
)

select
    coalesce(landed.system, loaded.system) as system,
    coalesce(landed.stat_date, loaded.stat_date) as stat_date,
    landed.row_count as expected_rows,
    loaded.row_count as found_rows,
    landed.count_sum as expected_sum,
    loaded.count_sum as found_sum
from landed
full outer join loaded
    on
        landed.system = loaded.system
        and landed.stat_date = loaded.stat_date
where
    -- How many rows are those of the sites that are built isn't recorded where others are left out; their sum is.
    landed.row_count <> coalesce(loaded.row_count, 0)
    or landed.system is null
    or landed.count_sum is distinct from coalesce(loaded.count_sum, 0)
