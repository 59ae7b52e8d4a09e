{% for system in ["online_platform", "window_system", "courier", "call_centre", "enquiry_desks", "rating", "queue"] %}
SELECT
    stat_date,
    department_code,
    {{ "item_code" if system == "online_platform" else "NULL::VARCHAR" }} AS item_code,
    measure,
    count
FROM {{ source("raw", system) }}
{% if not loop.last %}UNION ALL{% endif %}
{% endfor %}
