{{ config(meta={
    'description': 'A derived metric is made of known metrics, has a name of its own, and no difference is made of differences.',
    'next_step': "mend catalogue/derived_metrics.csv of the hall, and have it reviewed",
    'owner': 'team:report-authors',
    'not_applicable_without': 'derived_metrics',
    'dagster': {'ref': {'name': 'dim_derived_metric'}},
}) }}

with derived as (
    select * from {{ ref('dim_derived_metric') }}
),

known as (
    select metric from {{ ref('dim_metric') }}
    union distinct
    select metric from derived
),

operands as (
    select
        metric,
        kind,
        of_metric as operand
    from derived
    union all
    select
        metric,
        kind,
        other_metric as operand
    from derived
    where other_metric is not null
)

select
    operands.metric,
    'is made of a metric that is not known: ' || operands.operand as problem
from operands
left join known
    on operands.operand = known.metric
where known.metric is null

union all

select
    derived.metric,
    'has the name of another metric' as problem
from derived
inner join {{ ref('dim_metric') }} as metrics
    on derived.metric = metrics.metric

union all

select
    operands.metric,
    'is a difference of a metric that is derived itself: ' || operands.operand as problem
from operands
inner join derived
    on operands.operand = derived.metric
where operands.kind = 'difference'
