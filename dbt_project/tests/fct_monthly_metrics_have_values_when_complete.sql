{{ config(meta={
    'description': 'There is a metric, and every one that the systems of a hall or of the sites below it answer is there, with a value when every day is in and with none otherwise: missing is never zero.',
    'next_step': "`yuebao status MONTH` names the days that aren't in; with all of them in, report it with the run's id",
    'dagster': {'ref': {'name': 'fct_monthly_metrics'}},
}) }}

-- On how many days of the month a measure is counted.
with measures as (
    select
        measure,
        kind,
        valid_from,
        valid_to,
        1 + {{ days_between(
            'greatest(' ~ built_first_day() ~ ', valid_from)',
            'least(' ~ built_last_day() ~ ', valid_to)'
        ) }} as day_count
    from {{ ref('dim_measure') }}
),

-- With a day that is missing, or of which nobody is asked.
incomplete_sites as (
    select
        completeness.hall_code,
        measures.measure
    from {{ ref('fct_completeness') }} as completeness
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on completeness.system = system_measures.system
    inner join measures
        on system_measures.measure = measures.measure
    where
        completeness.month_start = {{ built_month_first() }}
        and {{ is_valid_on('measures', 'completeness.stat_date') }}
    group by
        completeness.hall_code,
        measures.measure,
        measures.day_count
    having
        not bool_and(completeness.is_complete)
        or count(distinct completeness.stat_date) < measures.day_count
),

incomplete_measures as (
    select distinct
        hierarchy.hall_code,
        incomplete_sites.measure
    from {{ ref('stg_landing__site_hierarchy') }} as hierarchy
    inner join incomplete_sites
        on hierarchy.counted_hall_code = incomplete_sites.hall_code
    left join measures
        on incomplete_sites.measure = measures.measure
    where
        hierarchy.is_whole
        and (
            measures.kind is distinct from 'distinct_declared'
            or hierarchy.hall_code = hierarchy.counted_hall_code
        )
),

answered_measures as (
    select distinct
        hierarchy.hall_code,
        system_measures.measure
    from {{ ref('stg_landing__site_hierarchy') }} as hierarchy
    inner join {{ ref('int_month_hall_systems') }} as hall_systems
        on hierarchy.counted_hall_code = hall_systems.hall_code
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on hall_systems.system = system_measures.system
    left join measures
        on system_measures.measure = measures.measure
    where
        hierarchy.is_whole
        and (
            measures.kind is distinct from 'distinct_declared'
            or hierarchy.hall_code = hierarchy.counted_hall_code
        )
),

halls as (
    select distinct hall_code from answered_measures
),

expected as (
    select
        halls.hall_code,
        metric_measures.metric,
        metric_measures.metric_version,
        count(incomplete_measures.measure) = 0 as is_complete
    from {{ ref('int_metric_measures') }} as metric_measures
    cross join halls
    left join answered_measures
        on
            halls.hall_code = answered_measures.hall_code
            and metric_measures.measure = answered_measures.measure
    left join incomplete_measures
        on
            halls.hall_code = incomplete_measures.hall_code
            and metric_measures.measure = incomplete_measures.measure
    group by
        halls.hall_code,
        metric_measures.metric,
        metric_measures.metric_version
    having count(*) = count(answered_measures.measure)
),

metrics as (
    select * from {{ ref('fct_monthly_metrics') }}
    where month_start = {{ built_month_first() }}
)

select
    coalesce(expected.hall_code, metrics.hall_code) as hall_code,
    coalesce(expected.metric, metrics.metric) as metric,
    coalesce(expected.metric_version, metrics.metric_version) as metric_version,
    expected.is_complete,
    metrics.exact_value
from expected
full outer join metrics
    on
        expected.hall_code = metrics.hall_code
        and expected.metric = metrics.metric
        and expected.metric_version = metrics.metric_version
where
    expected.metric is null
    or metrics.metric is null
    or expected.is_complete <> (metrics.exact_value is not null)

union all

select
    'any' as hall_code,
    'any' as metric,
    null as metric_version,
    null as is_complete,
    null as exact_value
from (select count(*) as metric_count from expected) as counted
where counted.metric_count = 0
