with valid_derived as (
    select * from {{ ref('dim_derived_metric') }}
    where
        valid_from <= {{ built_month_first() }}
        and (valid_to is null or valid_to >= {{ built_month_first() }})
),

-- A distinct number is stated of one site and adds up nowhere, so that it has no part in sums that do.
distinct_metrics as (
    select distinct metric_measures.metric
    from {{ ref('int_metric_measures') }} as metric_measures
    inner join {{ ref('dim_measure') }} as measures
        on metric_measures.measure = measures.measure
    where measures.kind = 'distinct_declared'
),

quotients as (
    select valid_derived.*
    from valid_derived
    where
        valid_derived.kind in ('ratio', 'mean', 'share_of')
        and not exists (
            select 1 from distinct_metrics
            where distinct_metrics.metric in (valid_derived.of_metric, valid_derived.other_metric)
        )
),

differences as (
    select * from valid_derived
    where kind = 'difference'
),

operands as (
    select
        metric,
        version,
        'numerator' as side,
        of_metric as operand
    from quotients
    union all
    select
        metric,
        version,
        'denominator' as side,
        other_metric as operand
    from quotients
),

-- A difference stands for the metric that it is of, and takes away the other one.
signed_operands as (
    select
        operands.metric,
        operands.version,
        operands.side,
        coalesce(differences.of_metric, operands.operand) as operand,
        1 as operand_sign
    from operands
    left join differences
        on operands.operand = differences.metric
    union all
    select
        operands.metric,
        operands.version,
        operands.side,
        differences.other_metric as operand,
        -1 as operand_sign
    from operands
    inner join differences
        on operands.operand = differences.metric
)

select
    metric_measures.month_start,
    signed_operands.metric,
    signed_operands.version as metric_version,
    signed_operands.side,
    signed_operands.operand_sign,
    metric_measures.measure
from signed_operands
inner join {{ ref('int_metric_measures') }} as metric_measures
    on signed_operands.operand = metric_measures.metric
