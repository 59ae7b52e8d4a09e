{{ config(meta={
    'description': 'Each reviewed override of the calendar that names no system or site is what the calendar says, with its reason.',
    'next_step': "the month's calendar was written before an override was reviewed: `yuebao report MONTH` writes it anew",
    'not_applicable_without': 'calendar_overrides',
    'dagster': {'ref': {'name': 'dim_date'}},
}) }}

select
    overrides.stat_date,
    overrides.is_working_day as expected_is_working_day,
    calendar_days.is_working_day as found_is_working_day,
    overrides.reason as expected_reason,
    calendar_days.reason as found_reason
from {{ ref('stg_hall__calendar_overrides') }} as overrides
left join {{ ref('dim_date') }} as calendar_days
    on overrides.stat_date = calendar_days.stat_date
where
    overrides.system is null
    and overrides.site is null
    and overrides.stat_date >= {{ built_first_day() }}
    and overrides.stat_date <= {{ built_last_day() }}
    and (
        overrides.is_working_day is distinct from calendar_days.is_working_day
        or overrides.reason is distinct from calendar_days.reason
    )
