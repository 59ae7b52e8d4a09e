{{ config(materialized='month') }}

-- Items are kept for the metrics alone that are ranked by item: of all others a month would hold what its days hold.
with ranked_measures as (
    select distinct metric_measures.measure
    from {{ ref('dim_derived_metric') }} as derived
    inner join {{ ref('int_metric_measures') }} as metric_measures
        on derived.of_metric = metric_measures.metric
    where
        derived.ranked_by = 'item'
        and derived.valid_from <= {{ built_month_first() }}
        and (derived.valid_to is null or derived.valid_to >= {{ built_month_first() }})
)

select
    {{ built_month_first() }} as month_start,
    daily_counts.hall_code,
    daily_counts.item_code,
    daily_counts.measure,
    cast(sum(daily_counts.daily_count) as bigint) as monthly_count
from {{ ref('stg_landing__daily_counts') }} as daily_counts
inner join ranked_measures
    on daily_counts.measure = ranked_measures.measure
where
    daily_counts.item_code is not null
    and daily_counts.stat_date >= {{ built_first_day() }}
    and daily_counts.stat_date <= {{ built_last_day() }}
group by
    daily_counts.hall_code,
    daily_counts.item_code,
    daily_counts.measure
