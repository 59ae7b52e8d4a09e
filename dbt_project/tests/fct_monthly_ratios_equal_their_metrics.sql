{{ config(meta={
    'description': 'Numerators and denominators, summed over the departments of a hall and of all sites below it, are the values of the two metrics.',
    'next_step': "report it with the run's id: dbt_project/models/marts/fct_monthly_ratios.sql loses or doubles a department or a site",
    'not_applicable_without': 'derived_metrics',
    'dagster': {'ref': {'name': 'fct_monthly_ratios'}},
}) }}

-- Departments first: a hall of many has few sums to add up with those below it.
with of_halls as (
    select
        hall_code,
        metric,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from {{ ref('fct_monthly_ratios') }}
    where month_start = {{ built_month_first() }}
    group by
        hall_code,
        metric
),

ratios as (
    select
        hierarchy.hall_code,
        of_halls.metric,
        sum(of_halls.numerator) as numerator,
        sum(of_halls.denominator) as denominator
    from of_halls
    inner join {{ ref('stg_landing__site_hierarchy') }} as hierarchy
        on of_halls.hall_code = hierarchy.counted_hall_code
    group by
        hierarchy.hall_code,
        of_halls.metric
),

valid_quotients as (
    select * from {{ ref('dim_derived_metric') }}
    where
        kind in ('ratio', 'mean', 'share_of')
        and valid_from <= {{ built_month_first() }}
        and (valid_to is null or valid_to >= {{ built_month_first() }})
),

-- Those of distinct numbers have no sums.
summed as (
    select distinct metric from {{ ref('int_derived_terms') }}
),

terms as (
    select
        metric,
        of_metric as operand,
        1 as numerators,
        0 as denominators
    from valid_quotients
    union all
    select
        metric,
        other_metric as operand,
        0 as numerators,
        1 as denominators
    from valid_quotients
),

metrics as (
    select
        hall_metrics.hall_code,
        terms.metric,
        sum(hall_metrics.exact_value * terms.numerators) as numerator,
        sum(hall_metrics.exact_value * terms.denominators) as denominator
    from {{ ref('fct_monthly_metrics') }} as hall_metrics
    inner join terms
        on hall_metrics.metric = terms.operand
    inner join summed
        on terms.metric = summed.metric
    where hall_metrics.month_start = {{ built_month_first() }}
    group by
        hall_metrics.hall_code,
        terms.metric
    -- A difference has no value in the marts, and a hall may lack one of the two.
    having count(hall_metrics.exact_value) = 2
)

select
    metrics.hall_code,
    metrics.metric,
    metrics.numerator as expected_numerator,
    ratios.numerator as found_numerator,
    metrics.denominator as expected_denominator,
    ratios.denominator as found_denominator
from metrics
left join ratios
    on
        metrics.hall_code = ratios.hall_code
        and metrics.metric = ratios.metric
where
    metrics.numerator <> coalesce(ratios.numerator, 0)
    or metrics.denominator <> coalesce(ratios.denominator, 0)
