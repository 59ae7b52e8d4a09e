{#- Several relationships in one test: each value of `column` is a value of `field` of `to`. -#}
{% test known_members(model, references) %}
with facts as (
    select * from {{ model }}
)

{% for reference in references %}
select distinct
    '{{ reference.column }}' as column_name,
    cast(facts.{{ reference.column }} as string) as unknown_value
from facts
left join {{ reference.to }} as members
    on facts.{{ reference.column }} = members.{{ reference.field }}
where members.{{ reference.field }} is null
{{ "union all" if not loop.last }}
{% endfor %}
{% endtest %}
