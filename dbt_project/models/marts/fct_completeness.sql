{{ config(materialized='month') }}

with days as (
    select * from {{ ref('dim_date') }}
    where month_start = {{ built_month_first() }}
),

hall_systems as (
    select * from {{ ref('stg_landing__hall_systems') }}
),

extracts as (
    select
        *,
        {{ unnested('halls') }} as hall_code
    from {{ ref('stg_landing__extracts') }}
),

-- Of several overrides the one that names the site holds, then the one that names the system.
openings as (
    select
        overrides.stat_date,
        hall_systems.system,
        hall_systems.hall_code,
        max_by(
            overrides.is_working_day,
            2 * cast(overrides.site is not null as integer) + cast(overrides.system is not null as integer)
        ) as is_open
    from {{ ref('stg_hall__calendar_overrides') }} as overrides
    inner join hall_systems
        on
            coalesce(overrides.system, hall_systems.system) = hall_systems.system
            and coalesce(overrides.site, hall_systems.hall_code) = hall_systems.hall_code
    group by
        overrides.stat_date,
        hall_systems.system,
        hall_systems.hall_code
),

states as (
    select
        days.stat_date,
        days.month_start,
        hall_systems.system,
        hall_systems.hall_code,
        days.is_working_day,
        extracts.state,
        extracts.sha256 as extract_sha256,
        extracts.row_count,
        coalesce(openings.is_open, hall_systems.opens = 'every_day' or days.is_working_day)
        and not exists (
            select 1 from {{ ref('stg_hall__sites') }} as sites
            where
                sites.hall_code = hall_systems.hall_code
                and not ({{ is_valid_on('sites', 'days.stat_date') }})
        ) as is_expected
    from days
    cross join hall_systems
    left join openings
        on
            days.stat_date = openings.stat_date
            and hall_systems.system = openings.system
            and hall_systems.hall_code = openings.hall_code
    left join extracts
        on
            days.stat_date = extracts.stat_date
            and hall_systems.system = extracts.system
            and hall_systems.hall_code = extracts.hall_code
    where {{ is_valid_on('hall_systems', 'days.stat_date') }}
),

received as (
    select
        *,
        coalesce(state = 'answered', false) as is_received,
        -- While its system answers for other sites, a site needs no extract that says that it was closed.
        coalesce(state = 'closed', not is_expected and bool_or(is_expected) over (partition by stat_date, system))
            as is_declared_closed
    from states
)

select
    stat_date,
    month_start,
    system,
    hall_code,
    is_working_day,
    is_expected,
    is_received,
    is_declared_closed,
    extract_sha256,
    row_count,
    is_received or (is_declared_closed and not is_expected) as is_complete
from received
