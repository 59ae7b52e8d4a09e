with valid_metrics as (
    select * from {{ ref('dim_metric') }}
    where
        valid_from <= {{ built_month_first() }}
        and (valid_to is null or valid_to >= {{ built_month_first() }})
),

metric_measures as (
    select * from {{ ref('stg_hall__metric_measures') }}
),

metric_parts as (
    select * from {{ ref('stg_hall__metric_parts') }}
),

own_measures as (
    select
        valid_metrics.metric,
        valid_metrics.version as metric_version,
        metric_measures.measure
    from valid_metrics
    inner join metric_measures
        on
            valid_metrics.metric = metric_measures.metric
            and valid_metrics.version = metric_measures.version
),

measures_of_parts as (
    select
        valid_metrics.metric,
        valid_metrics.version as metric_version,
        own_measures.measure
    from valid_metrics
    inner join metric_parts
        on
            valid_metrics.metric = metric_parts.metric
            and valid_metrics.version = metric_parts.version
    inner join own_measures
        on metric_parts.part = own_measures.metric
),

measures as (
    select * from own_measures
    union all
    select * from measures_of_parts
)

-- What a measure counts outside its validity is nothing: the metric is the sum of those that are counted in the month.
select
    {{ built_month_first() }} as month_start,
    measures.metric,
    measures.metric_version,
    measures.measure
from measures
where
    not exists (
        select 1 from {{ ref('dim_measure') }} as known_measures
        where
            known_measures.measure = measures.measure
            and not ({{ is_valid_in_month('known_measures') }})
    )
