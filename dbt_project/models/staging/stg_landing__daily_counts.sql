{#- For the lineage: the macro reads the files that the extracts name, which dbt doesn't see. -#}
{%- do source('landing', 'daily_counts') -%}
{%- do ref('stg_landing__extracts') -%}

select
    counts.system,
    counts.stat_date,
    counts.hall_code,
    counts.department_code,
    counts.item_code,
    counts.measure,
    counts.count as daily_count
from {{ landing_extracts() }} as counts
where
    not exists (
        select 1 from {{ ref('stg_landing__left_out_sites') }} as left_out
        where left_out.hall_code = counts.hall_code
    )
