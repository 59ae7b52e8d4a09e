SELECT
    measure AS metric,
    sum(value)::BIGINT AS value
FROM {{ ref("monthly_counts") }}
WHERE NOT starts_with(measure, 'ratings_')
GROUP BY ALL
UNION ALL
SELECT
    'items_handled' AS metric,
    sum(value)::BIGINT AS value
FROM {{ ref("monthly_counts") }}
WHERE measure IN ('online_accepted', 'department_window_accepted', 'comprehensive_window_accepted')
UNION ALL
SELECT
    'ratings_all' AS metric,
    sum(value)::BIGINT AS value
FROM {{ ref("monthly_counts") }}
WHERE starts_with(measure, 'ratings_')
UNION ALL
SELECT
    'ratings_content' AS metric,
    sum(value)::BIGINT AS value
FROM {{ ref("monthly_counts") }}
WHERE measure IN ('ratings_very_satisfied', 'ratings_satisfied', 'ratings_fair')
