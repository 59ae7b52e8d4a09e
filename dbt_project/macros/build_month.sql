{#- What is built: the vars `month`, `first_day` and `last_day`, as SQL literals. Read at run time only, so that parsing
    needs no vars. -#}

{#- The date by which rows name their month, the first of the calendar month; its days may be others. -#}
{% macro built_month_first() -%}
    date '{{ require_month() }}-01'
{%- endmacro %}


{#- The month's days, from the first to the last: those of the calendar month where the vars don't say others. -#}
{% macro built_first_day() -%}
    date '{{ (var('first_day', '') if execute else '') or require_month() ~ '-01' }}'
{%- endmacro %}


{% macro built_last_day() -%}
    {%- set year, month = require_month().split('-') | map('int') -%}
    {%- set days = modules.datetime.timedelta(days=1) -%}
    {%- set after = modules.datetime.date(year + month // 12, month % 12 + 1, 1) -%}
    date '{{ (var('last_day', '') if execute else '') or after - days }}'
{%- endmacro %}


{% macro require_month() -%}
    {%- set month = var('month', '') if execute else '2000-01' -%}
    {%- if not modules.re.match('^[0-9]{4}-(0[1-9]|1[0-2])$', month | string) -%}
        {{- exceptions.raise_compiler_error(
            "The warehouse is built for one month at a time: give --vars '{month: YYYY-MM, inputs: <folder>}' (month is '"
            ~ month ~ "'); `yuebao dbt-inputs YYYY-MM` writes the inputs and prints this option."
        ) -}}
    {%- endif -%}
    {{- month -}}
{%- endmacro %}


{% macro require_inputs() -%}
    {%- set inputs = var('inputs', '') if execute else 'none' -%}
    {%- if not inputs -%}
        {{- exceptions.raise_compiler_error(
            "The warehouse reads one month's tables: give --vars '{month: YYYY-MM, inputs: <folder>}' (inputs is missing); "
            ~ "`yuebao dbt-inputs YYYY-MM` writes them and prints this option."
        ) -}}
    {%- endif -%}
    {{- inputs -}}
{%- endmacro %}


{#- Run before the first node: a build without its vars says so once. Seeds and unit tests need none. -#}
{% macro require_vars() -%}
    {%- for resource in selected_resources if resource.split('.')[0] in ('model', 'test') -%}
        {%- if loop.first -%}
            {%- do require_month() -%}
            {%- do require_inputs() -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
