{{ config(meta={
    'description': 'Of all that was landed there is one row per stat_date, hall_code, department_code, item_code, measure.',
    'next_step': "two systems, or one twice, answered the same counts: hold `measures` in hall.toml against the failing rows",
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

-- depends_on: {{ ref('fct_daily_counts') }}
-- (whose items are added up: the key is looked for in the rows that it adds up)
--
-- Equal keys have equal hashes. Grouping by these takes half the memory of grouping by the key, which decides about the
-- rows that share one.
with daily_counts as {{ not_materialized() }} (
    select
        stat_date,
        hall_code,
        department_code,
        item_code,
        measure,
        {{ hash_of(['stat_date', 'hall_code', 'department_code', 'item_code', 'measure']) }} as key_hash
    from {{ ref('stg_landing__daily_counts') }}
    where
        stat_date >= {{ built_first_day() }}
        and stat_date <= {{ built_last_day() }}
),

shared as (
    select key_hash
    from daily_counts
    group by key_hash
    having count(*) > 1
)

select
    daily_counts.stat_date,
    daily_counts.hall_code,
    daily_counts.department_code,
    daily_counts.item_code,
    daily_counts.measure,
    count(*) as row_count
from daily_counts
inner join shared
    on daily_counts.key_hash = shared.key_hash
group by
    daily_counts.stat_date,
    daily_counts.hall_code,
    daily_counts.department_code,
    daily_counts.item_code,
    daily_counts.measure
having count(*) > 1
