-- The generic tests themselves: each must pass a sound relation and find the fault in another.
{%- set sound -%}
    (select * from (values (1, 1, 0.4), (1, 2, 0.6), (2, 1, 0.5), (2, 2, 0.5)) as t (a, b, x)) as relation
{%- endset -%}
{%- set faulty -%}
    (select * from (values (1, 1, 1.4), (1, 1, 0.6), (2, 2, 0.5)) as t (a, b, x)) as relation
{%- endset -%}
{%- set hole -%}
    (select * from (values (1, 1, 0.4), (1, 2, 0.6), (2, 1, 0.5)) as t (a, b, x)) as relation
{%- endset -%}

{%- set cases = [
    ('unique_grain', test_unique_grain(sound, ['a', 'b']), test_unique_grain(faulty, ['a', 'b'])),
    ('balanced', test_balanced(sound, ['a', 'b']), test_balanced(hole, ['a', 'b'])),
    ('holds', test_holds(sound, 'x < 1'), test_holds(faulty, 'x < 1')),
    ('in_range maximum', test_in_range(sound, 'x', 0, 1), test_in_range(faulty, 'x', 0, 1)),
    ('in_range minimum', test_in_range(sound, 'x', 0), test_in_range(sound, 'x', 0.5)),
    ('sums_to', test_sums_to(sound, 'x', 1.0, ['a']), test_sums_to(faulty, 'x', 1.0, ['a']))
] -%}

{% for name, passes, fails in cases %}
select '{{ name }} rejects a sound relation' as fault
where exists ({{ passes }})
union all
select '{{ name }} misses its fault' as fault
where not exists ({{ fails }})
{% if not loop.last %}union all{% endif %}
{% endfor %}
