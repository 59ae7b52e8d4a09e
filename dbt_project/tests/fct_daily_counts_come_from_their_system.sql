{{ config(meta={
    'description': 'A measure is answered by a hall system that counts it, for a hall that the system serves, on a day that it answers for.',
    'next_step': "hold `measures`, `sites`, `valid_from` and `valid_to` of the system in hall.toml against what it answers",
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

with counted as (
    select distinct
        hall_code,
        system,
        measure,
        stat_date
    from {{ ref('fct_daily_counts') }}
    where month_start = {{ built_month_first() }}
),

answered as (
    select
        hall_systems.hall_code,
        hall_systems.system,
        system_measures.measure,
        hall_systems.valid_from,
        hall_systems.valid_to
    from {{ ref('int_month_hall_systems') }} as hall_systems
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on hall_systems.system = system_measures.system
)

select
    counted.hall_code,
    counted.system,
    counted.measure,
    min(counted.stat_date) as first_date,
    max(counted.stat_date) as last_date
from counted
left join answered
    on
        counted.hall_code = answered.hall_code
        and counted.system = answered.system
        and counted.measure = answered.measure
        and {{ is_valid_on('answered', 'counted.stat_date') }}
where answered.system is null
group by
    counted.hall_code,
    counted.system,
    counted.measure
