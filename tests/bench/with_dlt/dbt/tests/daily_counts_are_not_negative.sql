SELECT *
FROM {{ ref("daily_counts") }}
WHERE count < 0
