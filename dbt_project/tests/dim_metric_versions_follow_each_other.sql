{{ config(meta={
    'description': 'A version is valid for whole months, and no two versions of a metric are valid in the same month.',
    'next_step': "mend valid_from and valid_to in catalogue/metrics.csv of the hall: whole months, one version at a time",
    'owner': 'team:report-authors',
    'dagster': {'ref': {'name': 'dim_metric'}},
}) }}

with versions as (
    select
        metric,
        version,
        valid_from,
        valid_to,
        lead(valid_from) over (
            partition by metric
            order by valid_from, version
        ) as next_valid_from
    from {{ ref('dim_metric') }}
)

select *
from versions
where
    extract(day from valid_from) <> 1
    or extract(day from valid_to + interval 1 day) <> 1
    or valid_to < valid_from
    or (next_valid_from is not null and (valid_to is null or valid_to >= next_valid_from))
