{{ config(severity='warn', meta={
    'description': 'Between systems, a measure that by its nature counts no more than another one does not exceed it over the month, in any hall that counts both. Which ones is said by the hall (reconciliations).',
    'next_step': "a person looks: work carried over from the month before explains it, or one of the two systems counts too much or too little; ask their keepers",
    'not_applicable_without': 'reconciliations',
    'dagster': {'ref': {'name': 'fct_monthly_counts'}},
}) }}

with hall_totals as (
    select
        hall_code,
        measure,
        sum(monthly_count) as hall_count
    from {{ ref('fct_monthly_counts') }}
    where month_start = {{ built_month_first() }}
    group by
        hall_code,
        measure
),

-- Of a measure that counted nothing there is no row; whether it was answered is said by the systems.
answered as (
    select distinct
        hall_systems.hall_code,
        system_measures.measure
    from {{ ref('int_month_hall_systems') }} as hall_systems
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on hall_systems.system = system_measures.system
),

compared as (
    select
        answered.hall_code,
        reconciliations.lesser_measure,
        reconciliations.greater_measure,
        reconciliations.reason,
        coalesce(lesser.hall_count, 0) as lesser_count,
        coalesce(greater.hall_count, 0) as greater_count
    from {{ ref('stg_hall__reconciliations') }} as reconciliations
    inner join answered
        on reconciliations.lesser_measure = answered.measure
    inner join answered as answered_too
        on
            reconciliations.greater_measure = answered_too.measure
            and answered.hall_code = answered_too.hall_code
    left join hall_totals as lesser
        on
            answered.hall_code = lesser.hall_code
            and reconciliations.lesser_measure = lesser.measure
    left join hall_totals as greater
        on
            answered.hall_code = greater.hall_code
            and reconciliations.greater_measure = greater.measure
)

select *
from compared
where lesser_count > greater_count
