SELECT
    date_trunc('month', stat_date) AS month_start,
    department_code,
    measure,
    sum(count)::BIGINT AS value
FROM {{ ref("daily_counts") }}
WHERE measure <> 'online_open'
GROUP BY ALL
