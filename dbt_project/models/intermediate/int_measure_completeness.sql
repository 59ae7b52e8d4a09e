with completeness as (
    select * from {{ ref('fct_completeness') }}
    where month_start = {{ built_month_first() }}
),

days as (
    select stat_date from {{ ref('dim_date') }}
    where month_start = {{ built_month_first() }}
),

answers as (
    select
        completeness.stat_date,
        completeness.hall_code,
        system_measures.measure,
        bool_and(completeness.is_complete) as is_complete
    from completeness
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on completeness.system = system_measures.system
    group by
        completeness.stat_date,
        completeness.hall_code,
        system_measures.measure
),

answered as (
    select distinct
        hall_code,
        measure
    from answers
)

-- A day on which no system is asked for the measure is missing: systems that follow each other leave no day out.
select
    {{ built_month_first() }} as month_start,
    answered.hall_code,
    answered.measure,
    bool_and(coalesce(answers.is_complete, false)) as is_complete
from answered
cross join days
left join answers
    on
        days.stat_date = answers.stat_date
        and answered.hall_code = answers.hall_code
        and answered.measure = answers.measure
left join {{ ref('dim_measure') }} as measures
    on answered.measure = measures.measure
where {{ is_valid_on('measures', 'days.stat_date') }}
group by
    answered.hall_code,
    answered.measure
