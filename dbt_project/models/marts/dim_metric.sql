with metrics as (
    select * from {{ ref('stg_hall__metrics') }}
),

measures as (
    select
        metric,
        version,
        string_agg(measure, '+' order by measure) as measures
    from {{ ref('stg_hall__metric_measures') }}
    group by metric, version
),

parts as (
    select
        metric,
        version,
        string_agg(part, '+' order by part) as parts
    from {{ ref('stg_hall__metric_parts') }}
    group by metric, version
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
    metrics.valid_from,
    metrics.valid_to
from metrics
left join measures
    on metrics.metric = measures.metric and metrics.version = measures.version
left join parts
    on metrics.metric = parts.metric and metrics.version = parts.version
