{{ config(meta={
    'description': 'Of every measure that a metric of the month needs, and that a system of a hall answers in it, some system is asked on every day of the month on which the measure is counted: systems that follow each other leave no day out.',
    'next_step': "mend valid_from and valid_to of the systems that answer the measure in hall.toml: the one begins on the day after the other ends; or those of the measure in catalogue/measures.csv",
    'dagster': {'ref': {'name': 'fct_completeness'}},
}) }}

-- depends_on: {{ ref('fct_completeness') }}
-- (whose every day may be in: of a day that nobody is asked for it has no row)
with needed as (
    select distinct measure from {{ ref('int_metric_measures') }}
),

answered as (
    select
        hall_systems.hall_code,
        needed.measure,
        hall_systems.valid_from,
        hall_systems.valid_to
    from {{ ref('int_month_hall_systems') }} as hall_systems
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on hall_systems.system = system_measures.system
    inner join needed
        on system_measures.measure = needed.measure
)

select
    answered.hall_code,
    answered.measure,
    calendar_days.stat_date
from answered
cross join {{ ref('dim_date') }} as calendar_days
left join {{ ref('dim_measure') }} as measures
    on answered.measure = measures.measure
where
    calendar_days.month_start = {{ built_month_first() }}
    and {{ is_valid_on('measures', 'calendar_days.stat_date') }}
group by
    answered.hall_code,
    answered.measure,
    calendar_days.stat_date
having not bool_or({{ is_valid_on('answered', 'calendar_days.stat_date') }})
