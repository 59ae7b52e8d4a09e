select
    stock,
    inflow,
    outflow
from {{ input_table(source('hall', 'stock_balances')) }}
