{#- What is built: the var `month`, as SQL literals. Read at run time only, so that parsing needs no vars. -#}

{% macro built_month_first(months_later=0) -%}
    {%- set year, month = require_month().split('-') | map('int') -%}
    {%- set index = year * 12 + month - 1 + months_later -%}
    date '{{ "%04d-%02d-01" | format(index // 12, index % 12 + 1) }}'
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
