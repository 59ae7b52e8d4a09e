{{ config(meta={
    'description': 'What the departments counted, in the hall and in all sites below it, adds up to the value of the hall.',
    'next_step': "report it with the run's id: dbt_project/models/marts/fct_monthly_metrics.sql loses or doubles a department or a site",
    'dagster': {'ref': {'name': 'fct_monthly_metrics'}},
}) }}

with departments_summed as (
    select
        hierarchy.hall_code,
        metric_measures.metric,
        sum(monthly_counts.monthly_count) as departments_value
    from {{ ref('fct_monthly_counts') }} as monthly_counts
    inner join {{ ref('stg_landing__site_hierarchy') }} as hierarchy
        on monthly_counts.hall_code = hierarchy.counted_hall_code
    left join {{ ref('dim_measure') }} as measures
        on monthly_counts.measure = measures.measure
    inner join {{ ref('int_metric_measures') }} as metric_measures
        on monthly_counts.measure = metric_measures.measure
    where
        monthly_counts.month_start = {{ built_month_first() }}
        and (
            measures.kind is distinct from 'distinct_declared'
            or hierarchy.hall_code = hierarchy.counted_hall_code
        )
    group by
        hierarchy.hall_code,
        metric_measures.metric
)

select
    metrics.hall_code,
    metrics.metric,
    departments_summed.departments_value as expected,
    metrics.exact_value as found
from {{ ref('fct_monthly_metrics') }} as metrics
left join departments_summed
    on
        metrics.hall_code = departments_summed.hall_code
        and metrics.metric = departments_summed.metric
where
    metrics.month_start = {{ built_month_first() }}
    and metrics.exact_value <> coalesce(departments_summed.departments_value, 0)
