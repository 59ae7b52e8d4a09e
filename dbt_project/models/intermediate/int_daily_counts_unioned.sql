with unioned as (
    {% for hall_system in ['online_platform', 'window_system', 'courier', 'call_centre', 'enquiry_desks'] %}
    select
        system,
        stat_date,
        hall_code,
        department_code,
        item_code,
        measure,
        daily_count
    from {{ ref('stg_landing__' ~ hall_system) }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}
)

select
    stat_date,
    cast({{ dbt.date_trunc('month', 'stat_date') }} as date) as month_start,
    hall_code,
    department_code,
    item_code,
    measure,
    daily_count,
    system
from unioned
