{#- Whether a row with valid_from and valid_to is valid on a day: both ends belong to it, null is an open one. -#}
{% macro is_valid_on(row, day) -%}
    {{ day }} between coalesce({{ row }}.valid_from, {{ day }}) and coalesce({{ row }}.valid_to, {{ day }})
{%- endmacro %}


{#- Whether it is valid on any day of the month built. -#}
{% macro is_valid_in_month(row) -%}
    coalesce({{ row }}.valid_from <= {{ built_last_day() }}, true)
    and coalesce({{ row }}.valid_to >= {{ built_first_day() }}, true)
{%- endmacro %}
