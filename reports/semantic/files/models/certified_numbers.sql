select * from read_parquet('certified_numbers.parquet')
