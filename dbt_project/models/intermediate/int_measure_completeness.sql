with completeness as (
    select * from {{ ref('fct_completeness') }}
    where month_start = {{ built_month_first() }}
),

system_measures as (
    select * from {{ ref('stg_hall__system_measures') }}
)

select
    completeness.month_start,
    completeness.hall_code,
    system_measures.measure,
    bool_and(completeness.is_complete) as is_complete
from completeness
inner join system_measures
    on completeness.system = system_measures.system
group by
    completeness.month_start,
    completeness.hall_code,
    system_measures.measure
