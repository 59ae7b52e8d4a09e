select
    system,
    system_name,
    hall_code,
    opens
from {{ landing_document(source('landing', 'hall_systems').identifier, {
    'system': 'varchar',
    'system_name': 'varchar',
    'hall_code': 'varchar',
    'opens': 'varchar',
}) }}
