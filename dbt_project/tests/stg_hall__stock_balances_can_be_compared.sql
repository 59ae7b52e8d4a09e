{{ config(meta={
    'description': 'A stock that has to balance is a measure of the kind stock, its flows are counts, each named once with a sign of 1 or -1, and every hall that answers the stock answers all of them: else nothing would be compared.',
    'next_step': "correct the measures in catalogue/stock_balances.csv of the hall, or name them in `measures` of the system in hall.toml",
    'not_applicable_without': 'stock_balances',
    'dagster': {'ref': {'name': 'stg_hall__stock_balances'}},
}) }}

with named as (
    select distinct
        stock,
        stock as measure,
        'stock' as kind
    from {{ ref('stg_hall__stock_balances') }}

    union all

    select
        stock,
        measure,
        'count' as kind
    from {{ ref('stg_hall__stock_balances') }}
),

-- What isn't counted in the month is nothing that could be answered.
counted as (
    select named.*
    from named
    left join {{ ref('dim_measure') }} as measures
        on named.measure = measures.measure
    where {{ is_valid_in_month('measures') }}
),

answered as (
    select distinct
        hall_systems.hall_code,
        system_measures.measure
    from {{ ref('stg_landing__hall_systems') }} as hall_systems
    inner join {{ ref('stg_hall__system_measures') }} as system_measures
        on hall_systems.system = system_measures.system
    where {{ is_valid_in_month('hall_systems') }}
)

select
    named.stock,
    named.measure,
    'is not a measure of the kind ' || named.kind as problem
from named
left join {{ ref('dim_measure') }} as measures
    on named.measure = measures.measure
where measures.kind is distinct from named.kind

union all

select
    counted.stock,
    counted.measure,
    'no hall answers the stock' as problem
from counted
left join answered
    on counted.stock = answered.measure
where answered.measure is null

union all

select
    counted.stock,
    counted.measure,
    'is not answered by hall ' || halls.hall_code as problem
from counted
inner join answered as halls
    on counted.stock = halls.measure
left join answered
    on
        counted.measure = answered.measure
        and halls.hall_code = answered.hall_code
where answered.measure is null

union all

select
    stock,
    measure,
    'is named twice, or has a sign that is neither 1 nor -1' as problem
from {{ ref('stg_hall__stock_balances') }}
group by
    stock,
    measure
having count(*) > 1 or bool_or(sign is null or sign not in (1, -1))
