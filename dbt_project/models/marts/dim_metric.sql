with metrics as (
    select * from {{ ref('stg_hall__metrics') }}
),

measures as (
    select
        metric,
        version,
        {{ joined_texts('measure') }} as measures
    from {{ ref('stg_hall__metric_measures') }}
    group by metric, version
),

parts as (
    select
        metric,
        version,
        {{ joined_texts('part') }} as parts
    from {{ ref('stg_hall__metric_parts') }}
    group by metric, version
),

own_scales as (
    select
        metric_measures.metric,
        metric_measures.version,
        max(measures_of_hall.scale) as value_scale
    from {{ ref('stg_hall__metric_measures') }} as metric_measures
    inner join {{ ref('stg_hall__measures') }} as measures_of_hall
        on metric_measures.measure = measures_of_hall.measure
    group by
        metric_measures.metric,
        metric_measures.version
),

-- Of a total: of the versions of its parts that are valid while it is.
scales_of_parts as (
    select
        metric_parts.metric,
        metric_parts.version,
        max(own_scales.value_scale) as value_scale
    from {{ ref('stg_hall__metric_parts') }} as metric_parts
    inner join metrics as totals
        on
            metric_parts.metric = totals.metric
            and metric_parts.version = totals.version
    inner join metrics as versions_of_parts
        on
            metric_parts.part = versions_of_parts.metric
            and (totals.valid_to is null or totals.valid_to >= versions_of_parts.valid_from)
            and (versions_of_parts.valid_to is null or totals.valid_from <= versions_of_parts.valid_to)
    inner join own_scales
        on
            versions_of_parts.metric = own_scales.metric
            and versions_of_parts.version = own_scales.version
    group by
        metric_parts.metric,
        metric_parts.version
)

select
    metrics.metric,
    metrics.version,
    metrics.metric_name,
    metrics.definition,
    metrics.event_counted,
    metrics.deduplication_key,
    metrics.overlaps_with,
    metrics.unit,
    metrics.display_unit,
    metrics.display_divisor,
    metrics.display_decimals,
    metrics.rounding,
    measures.measures,
    parts.parts,
    coalesce(own_scales.value_scale, scales_of_parts.value_scale, 0) as value_scale,
    metrics.valid_from,
    metrics.valid_to
from metrics
left join measures
    on metrics.metric = measures.metric and metrics.version = measures.version
left join parts
    on metrics.metric = parts.metric and metrics.version = parts.version
left join own_scales
    on metrics.metric = own_scales.metric and metrics.version = own_scales.version
left join scales_of_parts
    on metrics.metric = scales_of_parts.metric and metrics.version = scales_of_parts.version
