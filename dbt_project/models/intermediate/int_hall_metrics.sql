with metric_measures as (
    select * from {{ ref('int_metric_measures') }}
),

-- A distinct number is that of its own site: who came to two sites is one visitor of the hall above them.
measure_hierarchy as (
    select
        hierarchy.hall_code,
        hierarchy.counted_hall_code,
        hierarchy.is_whole,
        measures.measure
    from {{ ref('stg_landing__site_hierarchy') }} as hierarchy
    cross join {{ ref('dim_measure') }} as measures
    where
        measures.kind <> 'distinct_declared'
        or hierarchy.hall_code = hierarchy.counted_hall_code
),

-- A hall answers what it or a site below it answers, and is whole when all of them are.
measure_completeness as (
    select
        hierarchy.hall_code,
        hierarchy.is_whole,
        completeness.measure,
        bool_and(completeness.is_complete) as is_complete
    from measure_hierarchy as hierarchy
    inner join {{ ref('int_measure_completeness') }} as completeness
        on
            hierarchy.counted_hall_code = completeness.hall_code
            and hierarchy.measure = completeness.measure
    group by
        hierarchy.hall_code,
        hierarchy.is_whole,
        completeness.measure
),

halls as (
    select distinct
        hall_code,
        is_whole
    from measure_completeness
),

hall_totals as (
    select
        hierarchy.hall_code,
        monthly_counts.measure,
        sum(monthly_counts.monthly_count) as hall_count
    from measure_hierarchy as hierarchy
    inner join {{ ref('fct_monthly_counts') }} as monthly_counts
        on
            hierarchy.counted_hall_code = monthly_counts.hall_code
            and hierarchy.measure = monthly_counts.measure
    where monthly_counts.month_start = {{ built_month_first() }}
    group by
        hierarchy.hall_code,
        monthly_counts.measure
)

-- Missing is never zero: a measure without rows counts as zero only when every day of its systems is in.
select
    metric_measures.month_start,
    halls.hall_code,
    halls.is_whole,
    metric_measures.metric,
    metric_measures.metric_version,
    cast(
        case when bool_and(measure_completeness.is_complete) then sum(coalesce(hall_totals.hall_count, 0)) end as bigint
    ) as exact_value
from metric_measures
cross join halls
left join measure_completeness
    on
        halls.hall_code = measure_completeness.hall_code
        and metric_measures.measure = measure_completeness.measure
left join hall_totals
    on
        halls.hall_code = hall_totals.hall_code
        and metric_measures.measure = hall_totals.measure
group by
    metric_measures.month_start,
    halls.hall_code,
    halls.is_whole,
    metric_measures.metric,
    metric_measures.metric_version
-- A hall without a system that answers one of the measures doesn't have the metric.
having count(*) = count(measure_completeness.measure)
