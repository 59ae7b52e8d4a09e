{{ config(meta={
    'description': 'Every day that a hall system answers for is in or declared closed; a row names a hall system and day that is not.',
    'next_step': "`yuebao pull DAY --system NAME` for each system and day of the failing rows",
    'dagster': {'ref': {'name': 'fct_completeness'}},
}) }}

-- depends_on: {{ ref('fct_monthly_metrics') }}
-- (so that this test holds up nothing: the metrics of an incomplete month become null instead of staying as they were)
select
    hall_systems.system,
    hall_systems.hall_code,
    calendar_days.stat_date,
    completeness.is_expected,
    completeness.is_declared_closed
from {{ ref('dim_date') }} as calendar_days
cross join {{ ref('int_month_hall_systems') }} as hall_systems
left join {{ ref('fct_completeness') }} as completeness
    on
        calendar_days.stat_date = completeness.stat_date
        and calendar_days.month_start = completeness.month_start
        and hall_systems.system = completeness.system
        and hall_systems.hall_code = completeness.hall_code
where
    calendar_days.month_start = {{ built_month_first() }}
    and {{ is_valid_on('hall_systems', 'calendar_days.stat_date') }}
    and completeness.is_complete is distinct from true
