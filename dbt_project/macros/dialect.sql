{#- What DuckDB and Spark say in different words. Everything else in the project is SQL that both read alike. -#}

{#- A row for each member of a list; none where it is empty or null. -#}
{% macro unnested(list) -%}
    {{- adapter.dispatch('unnested')(list) -}}
{%- endmacro %}
{% macro duckdb__unnested(list) -%} unnest({{ list }}) {%- endmacro %}
{% macro spark__unnested(list) -%} explode({{ list }}) {%- endmacro %}


{#- The texts of a group, in their order, with a + between them. -#}
{% macro joined_texts(column) -%}
    {{- adapter.dispatch('joined_texts')(column) -}}
{%- endmacro %}
{% macro duckdb__joined_texts(column) -%} string_agg({{ column }}, '+' order by {{ column }}) {%- endmacro %}
{% macro spark__joined_texts(column) -%} listagg({{ column }}, '+') within group (order by {{ column }}) {%- endmacro %}


{#- 1 for Monday to 7 for Sunday. -#}
{% macro iso_weekday(day) -%}
    {{- adapter.dispatch('iso_weekday')(day) -}}
{%- endmacro %}
{% macro duckdb__iso_weekday(day) -%} extract(isodow from {{ day }}) {%- endmacro %}
{% macro spark__iso_weekday(day) -%} extract(dayofweek_iso from {{ day }}) {%- endmacro %}


{#- How many days one day is after another. -#}
{% macro days_between(first, last) -%}
    {{- adapter.dispatch('days_between')(first, last) -}}
{%- endmacro %}
{% macro duckdb__days_between(first, last) -%} date_diff('day', {{ first }}, {{ last }}) {%- endmacro %}
{% macro spark__days_between(first, last) -%} date_diff({{ last }}, {{ first }}) {%- endmacro %}


{#- Before a common table expression that is to be computed wherever it is read, and kept nowhere; Spark keeps none. -#}
{% macro not_materialized() -%}
    {{- adapter.dispatch('not_materialized')() -}}
{%- endmacro %}
{% macro duckdb__not_materialized() -%} not materialized {%- endmacro %}
{% macro spark__not_materialized() -%} {%- endmacro %}
