{{ config(meta={
    'description': 'A distinct number since the first day of the month is on no day smaller than on a day before it.',
    'next_step': "ask the keeper of the system which of the two days is wrong, have it corrected, and pull it again",
    'not_applicable_without': 'measures',
    'of_kind': 'distinct_declared',
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

-- A day on which a system answered without a row of the measure states none.
with answers as (
    select
        completeness.stat_date,
        completeness.hall_code,
        system_measures.measure,
        completeness.system
    from {{ ref('fct_completeness') }} as completeness
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on completeness.system = system_measures.system
    inner join {{ ref('dim_measure') }} as measures
        on system_measures.measure = measures.measure
    where
        completeness.month_start = {{ built_month_first() }}
        and completeness.is_received
        and measures.kind = 'distinct_declared'
),

stated as (
    select
        answers.stat_date,
        answers.hall_code,
        answers.measure,
        coalesce(sum(daily_counts.daily_count), 0) as stated
    from answers
    left join {{ ref('fct_daily_counts') }} as daily_counts
        on
            answers.stat_date = daily_counts.stat_date
            and answers.hall_code = daily_counts.hall_code
            and answers.measure = daily_counts.measure
            and answers.system = daily_counts.system
    group by
        answers.stat_date,
        answers.hall_code,
        answers.measure
),

compared as (
    select
        *,
        lag(stat_date) over (partition by hall_code, measure order by stat_date) as day_before,
        lag(stated) over (partition by hall_code, measure order by stat_date) as stated_before
    from stated
)

select
    stat_date,
    hall_code,
    measure,
    stated,
    day_before,
    stated_before
from compared
where stated < stated_before
