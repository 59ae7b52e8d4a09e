{{ config(meta={
    'description': 'A measure is answered by a hall system that counts it, for a hall that the system serves.',
    'next_step': "hold `measures` and `halls` of the system in hall.toml against what it answers",
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

with counted as (
    select distinct
        hall_code,
        system,
        measure
    from {{ ref('fct_daily_counts') }}
    where month_start = {{ built_month_first() }}
),

answered as (
    select
        hall_systems.hall_code,
        hall_systems.system,
        system_measures.measure
    from {{ ref('stg_landing__hall_systems') }} as hall_systems
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on hall_systems.system = system_measures.system
)

select counted.*
from counted
left join answered
    on
        counted.hall_code = answered.hall_code
        and counted.system = answered.system
        and counted.measure = answered.measure
where answered.system is null
