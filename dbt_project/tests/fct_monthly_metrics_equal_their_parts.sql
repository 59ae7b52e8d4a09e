{{ config(meta={
    'description': 'A metric that is composed of parts is their sum, in every hall.',
    'next_step': "hold the metric's rows in catalogue/metric_parts.csv of the hall against its definition",
    'owner': 'team:report-authors',
    'not_applicable_without': 'metric_parts',
    'dagster': {'ref': {'name': 'fct_monthly_metrics'}},
}) }}

with metrics as (
    select * from {{ ref('fct_monthly_metrics') }}
    where month_start = {{ built_month_first() }}
),

parts_summed as (
    select
        whole.hall_code,
        whole.metric,
        whole.exact_value,
        case when count(*) = count(part.exact_value) then sum(part.exact_value) end as parts_value
    from metrics as whole
    inner join {{ ref('stg_hall__metric_parts') }} as composition
        on
            whole.metric = composition.metric
            and whole.metric_version = composition.version
    left join metrics as part
        on
            whole.hall_code = part.hall_code
            and composition.part = part.metric
    group by
        whole.hall_code,
        whole.metric,
        whole.exact_value
)

select
    hall_code,
    metric,
    parts_value as expected,
    exact_value as found
from parts_summed
where exact_value is distinct from parts_value
