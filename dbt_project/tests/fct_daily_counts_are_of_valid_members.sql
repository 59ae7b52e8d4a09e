{{ config(meta={
    'description': 'A count is of a department, a hall and a measure that are counted on its day, by their valid_from and valid_to.',
    'next_step': "correct valid_from and valid_to in the table of the hall's catalogue/, or have the code corrected at the source and pull the day again",
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

select
    daily_counts.system,
    daily_counts.hall_code,
    daily_counts.department_code,
    daily_counts.measure,
    min(daily_counts.stat_date) as first_date,
    max(daily_counts.stat_date) as last_date
from {{ ref('fct_daily_counts') }} as daily_counts
left join {{ ref('dim_department') }} as departments
    on daily_counts.department_code = departments.department_code
left join {{ ref('dim_hall') }} as halls
    on daily_counts.hall_code = halls.hall_code
left join {{ ref('dim_measure') }} as measures
    on daily_counts.measure = measures.measure
where
    daily_counts.month_start = {{ built_month_first() }}
    and not (
        {{ is_valid_on('departments', 'daily_counts.stat_date') }}
        and {{ is_valid_on('halls', 'daily_counts.stat_date') }}
        and {{ is_valid_on('measures', 'daily_counts.stat_date') }}
    )
group by
    daily_counts.system,
    daily_counts.hall_code,
    daily_counts.department_code,
    daily_counts.measure
