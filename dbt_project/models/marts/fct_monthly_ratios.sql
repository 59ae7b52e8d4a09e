{{ config(materialized='month') }}

select
    monthly_counts.month_start,
    monthly_counts.hall_code,
    monthly_counts.department_code,
    terms.metric,
    terms.metric_version,
    cast(sum(
        case when terms.side = 'numerator' then terms.operand_sign * monthly_counts.monthly_count else 0 end
    ) as bigint) as numerator,
    cast(sum(
        case when terms.side = 'denominator' then terms.operand_sign * monthly_counts.monthly_count else 0 end
    ) as bigint) as denominator
from {{ ref('fct_monthly_counts') }} as monthly_counts
inner join {{ ref('int_derived_terms') }} as terms
    on monthly_counts.measure = terms.measure
where monthly_counts.month_start = {{ built_month_first() }}
group by
    monthly_counts.month_start,
    monthly_counts.hall_code,
    monthly_counts.department_code,
    terms.metric,
    terms.metric_version
