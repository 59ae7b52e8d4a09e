{{ config(meta={
    'description': 'No count is negative, nor is an amount that is not declared to be.',
    'next_step': "have the source corrected, and pull the day again; an amount that may be below zero has `negative` in catalogue/measures.csv",
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

select
    daily_counts.stat_date,
    daily_counts.hall_code,
    daily_counts.department_code,
    daily_counts.measure,
    daily_counts.lowest_count
from {{ ref('fct_daily_counts') }} as daily_counts
left join {{ ref('dim_measure') }} as measures
    on daily_counts.measure = measures.measure
where
    daily_counts.month_start = {{ built_month_first() }}
    and daily_counts.lowest_count < 0
    and measures.negative is distinct from true
