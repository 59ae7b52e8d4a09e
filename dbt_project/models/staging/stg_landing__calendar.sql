select
    stat_date,
    is_working_day,
    reason
from {{ landing_document(source('landing', 'calendar').identifier, {
    'stat_date': 'date',
    'is_working_day': 'boolean',
    'reason': 'varchar',
}) }}
