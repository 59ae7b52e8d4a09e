{{ config(materialized='month') }}

select
    month_start,
    hall_code,
    metric,
    metric_version,
    exact_value
from {{ ref('int_hall_metrics') }}
where not is_whole
