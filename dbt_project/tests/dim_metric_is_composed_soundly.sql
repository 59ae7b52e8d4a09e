{{ config(meta={
    'description': 'A metric is made of known measures or of metrics made of measures, never of both or of nothing, counts no measure twice, and sums measures of one kind, scale and unit, no distinct numbers.',
    'next_step': "mend catalogue/metric_measures.csv or catalogue/metric_parts.csv of the hall, and have it reviewed",
    'owner': 'team:report-authors',
    'dagster': {'ref': {'name': 'dim_metric'}},
}) }}

with metrics as (
    select
        metric,
        version
    from {{ ref('dim_metric') }}
),

of_measures as (
    select * from {{ ref('stg_hall__metric_measures') }}
),

of_parts as (
    select * from {{ ref('stg_hall__metric_parts') }}
),

made_of_measures as (
    select distinct
        metric,
        version
    from of_measures
),

made_of_parts as (
    select distinct
        metric,
        version
    from of_parts
),

composed as (
    select * from made_of_measures
    union distinct
    select * from made_of_parts
),

problems as (
    select
        metrics.metric,
        metrics.version,
        'is made of measures and of parts, or of neither' as problem
    from metrics
    left join made_of_measures
        on
            metrics.metric = made_of_measures.metric
            and metrics.version = made_of_measures.version
    left join made_of_parts
        on
            metrics.metric = made_of_parts.metric
            and metrics.version = made_of_parts.version
    where (made_of_measures.metric is null) = (made_of_parts.metric is null)

    union all

    select
        of_measures.metric,
        of_measures.version,
        'names a measure that is not known: ' || of_measures.measure as problem
    from of_measures
    left join {{ ref('dim_measure') }} as known_measures
        on of_measures.measure = known_measures.measure
    where known_measures.measure is null

    union all

    select
        of_parts.metric,
        of_parts.version,
        'has a part that is not made of measures: ' || of_parts.part as problem
    from of_parts
    left join of_measures
        on of_parts.part = of_measures.metric
    where of_measures.metric is null

    union all

    select
        composed.metric,
        composed.version,
        'is composed, but not in the catalogue' as problem
    from composed
    left join metrics
        on
            composed.metric = metrics.metric
            and composed.version = metrics.version
    where metrics.metric is null

    union all

    select
        metric,
        metric_version,
        'counts a measure twice: ' || measure as problem
    from {{ ref('int_metric_measures') }}
    group by
        metric,
        metric_version,
        measure
    having count(*) > 1

    union all

    select
        metric_measures.metric,
        metric_measures.metric_version,
        'sums measures of several kinds, scales or units, or distinct numbers: '
        || {{ joined_texts('metric_measures.measure') }} as problem
    from {{ ref('int_metric_measures') }} as metric_measures
    inner join {{ ref('dim_measure') }} as measures
        on metric_measures.measure = measures.measure
    group by
        metric_measures.metric,
        metric_measures.metric_version
    having
        count(distinct measures.kind) > 1
        or count(distinct measures.scale) > 1
        or count(distinct measures.unit) > 1
        or (count(*) > 1 and bool_or(measures.kind = 'distinct_declared'))
)

select * from problems
