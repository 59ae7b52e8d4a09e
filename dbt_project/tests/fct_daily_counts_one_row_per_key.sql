{{ config(meta={
    'description': 'Of all that was landed there is one row per stat_date, hall_code, department_code, item_code, measure.',
    'next_step': "two systems, or one twice, answered the same counts: hold `measures` in hall.toml against the failing rows",
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

-- depends_on: {{ ref('fct_daily_counts') }}
-- (whose items are added up: the key is looked for in the rows that it adds up)
--
-- Grouping every row by its key would take four times as long, and keep every row in memory. So items are numbered, and
-- a group of 63 of them, which are one bit each, has as many bits as rows, unless one is there twice; without items it
-- has one row.
with daily_counts as {{ not_materialized() }} (
    select
        stat_date,
        hall_code,
        department_code,
        item_code,
        measure
    from {{ ref('stg_landing__daily_counts') }}
    where
        stat_date >= {{ built_first_day() }}
        and stat_date <= {{ built_last_day() }}
),

-- By department, so that those of one fall into few groups.
numbered_items as (
    select
        item_code,
        row_number() over (order by min(department_code), item_code) as number
    from daily_counts
    where item_code is not null
    group by item_code
),

item_bits as (
    select
        item_code,
        number - number % 63 as bits_begin,
        cast(1 as bigint) << cast(number % 63 as integer) as item_bit
    from numbered_items
),

repeated as (
    select
        daily_counts.stat_date,
        daily_counts.hall_code,
        daily_counts.department_code,
        daily_counts.measure
    from daily_counts
    left join item_bits
        on daily_counts.item_code = item_bits.item_code
    group by
        daily_counts.stat_date,
        daily_counts.hall_code,
        daily_counts.department_code,
        daily_counts.measure,
        item_bits.bits_begin
    having count(*) > coalesce(bit_count(bit_or(item_bits.item_bit)), 1)
)

select
    daily_counts.stat_date,
    daily_counts.hall_code,
    daily_counts.department_code,
    daily_counts.item_code,
    daily_counts.measure,
    count(*) as row_count
from daily_counts
-- Such a group is there once for each 63 items that it has.
where
    exists (
        select 1 from repeated
        where
            repeated.stat_date = daily_counts.stat_date
            and repeated.hall_code = daily_counts.hall_code
            and repeated.department_code = daily_counts.department_code
            and repeated.measure = daily_counts.measure
    )
group by
    daily_counts.stat_date,
    daily_counts.hall_code,
    daily_counts.department_code,
    daily_counts.item_code,
    daily_counts.measure
having count(*) > 1
