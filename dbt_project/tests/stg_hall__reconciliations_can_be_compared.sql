{{ config(meta={
    'description': 'Both measures of a reconciliation are answered by one hall at least: else nothing would be compared.',
    'next_step': "correct the measures in catalogue/reconciliations.csv of the hall, or name them in `measures` of a system in hall.toml",
    'not_applicable_without': 'reconciliations',
    'dagster': {'ref': {'name': 'stg_hall__reconciliations'}},
}) }}

with answered as (
    select distinct
        hall_systems.hall_code,
        system_measures.measure
    from {{ ref('stg_landing__hall_systems') }} as hall_systems
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on hall_systems.system = system_measures.system
    where {{ is_valid_in_month('hall_systems') }}
)

select
    reconciliations.lesser_measure,
    reconciliations.greater_measure
from {{ ref('stg_hall__reconciliations') }} as reconciliations
left join answered as lesser
    on reconciliations.lesser_measure = lesser.measure
left join answered as greater
    on
        reconciliations.greater_measure = greater.measure
        and lesser.hall_code = greater.hall_code
group by
    reconciliations.lesser_measure,
    reconciliations.greater_measure
having count(greater.measure) = 0
