select
    system,
    measure
from {{ landing_document(source('hall', 'system_measures').identifier, {
    'system': 'varchar',
    'measure': 'varchar',
}) }}
