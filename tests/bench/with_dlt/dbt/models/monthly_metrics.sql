SELECT
    measure AS metric,
    sum(value)::BIGINT AS value
FROM {{ ref("monthly_counts") }}
GROUP BY ALL
UNION ALL
SELECT
    'items_handled' AS metric,
    sum(value)::BIGINT AS value
FROM {{ ref("monthly_counts") }}
WHERE measure IN ('online_accepted', 'department_window_accepted', 'comprehensive_window_accepted')
