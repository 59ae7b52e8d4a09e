-- One row for each hall whose day is closed, with the totals that it declares.
SELECT
    hall_code,
    kiosk_cases,
    kiosk_prints
FROM day_close
WHERE hall_code IN :halls AND stat_date = CAST(:day AS date)
