select
    stock,
    measure,
    sign
from {{ input_table(source('hall', 'stock_balances')) }}
