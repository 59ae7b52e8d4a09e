select
    lesser_measure,
    greater_measure,
    reason
from {{ landing_document(source('hall', 'reconciliations').identifier, {
    'lesser_measure': 'varchar',
    'greater_measure': 'varchar',
    'reason': 'varchar',
}) }}
