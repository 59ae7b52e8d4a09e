select
    department_code,
    department_name
from {{ landing_document(source('hall', 'departments').identifier, {
    'department_code': 'varchar',
    'department_name': 'varchar',
}) }}
