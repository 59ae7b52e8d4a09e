SELECT
    stat_date,
    department_code,
    item_code,
    measure
FROM {{ ref("daily_counts") }}
GROUP BY ALL
HAVING count(*) > 1
