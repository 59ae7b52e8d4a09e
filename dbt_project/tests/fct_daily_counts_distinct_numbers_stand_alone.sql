{{ config(meta={
    'description': 'A distinct number is one row of a site and day, without items and of one department: it is never summed.',
    'next_step': "have the system answer one row for each site: a distinct number of several departments or items is not their sum",
    'not_applicable_without': 'measures',
    'of_kind': 'distinct_declared',
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

select
    daily_counts.stat_date,
    daily_counts.hall_code,
    daily_counts.measure,
    sum(daily_counts.row_count) as row_count
from {{ ref('fct_daily_counts') }} as daily_counts
inner join {{ ref('dim_measure') }} as measures
    on daily_counts.measure = measures.measure
where
    daily_counts.month_start = {{ built_month_first() }}
    and measures.kind = 'distinct_declared'
group by
    daily_counts.stat_date,
    daily_counts.hall_code,
    daily_counts.measure
having sum(daily_counts.row_count) > 1
