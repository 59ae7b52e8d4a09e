{{ config(meta={
    'description': 'Nothing is counted on a day that the hall system is declared closed: a count is of a day that is in.',
    'next_step': "if the hall worked on that day, add it to catalogue/calendar_overrides.csv; if not, ask the system's keeper",
    'dagster': {'ref': {'name': 'fct_daily_counts'}},
}) }}

select
    daily_counts.system,
    daily_counts.hall_code,
    daily_counts.stat_date,
    sum(daily_counts.row_count) as row_count
from {{ ref('fct_daily_counts') }} as daily_counts
left join {{ ref('fct_completeness') }} as completeness
    on
        completeness.month_start = {{ built_month_first() }}
        and daily_counts.system = completeness.system
        and daily_counts.hall_code = completeness.hall_code
        and daily_counts.stat_date = completeness.stat_date
where
    daily_counts.month_start = {{ built_month_first() }}
    and completeness.is_received is distinct from true
group by
    daily_counts.system,
    daily_counts.hall_code,
    daily_counts.stat_date
