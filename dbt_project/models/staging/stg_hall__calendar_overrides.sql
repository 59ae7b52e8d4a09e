select
    stat_date,
    is_working_day,
    reason,
    reviewed_by
from {{ landing_document(source('hall', 'calendar_overrides').identifier, {
    'stat_date': 'date',
    'is_working_day': 'boolean',
    'reason': 'varchar',
    'reviewed_by': 'varchar',
}) }}
