"""The page of a run's checks that a person reads: one HTML file that opens without a network.

Great Expectations' own Data Docs site loads Bootstrap, jQuery, Vega and fonts from other hosts, so
offline it is a page without a layout; it also shows positions in a batch where a reader wants the
province and the year. What a check found is computed in `validation`; here it is only laid out.
"""

from collections.abc import Sequence
from pathlib import Path

from expectations.validation import CheckReport, in_words

_TEMPLATE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Checks of {{ dataset }}</title>
<style>
  :root { color-scheme: light dark; --line: #8884; --quiet: #777; }
  body { font: 15px/1.45 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto;
         padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; vertical-align: top; padding: .4rem .7rem .4rem 0;
           border-top: 1px solid var(--line); }
  th { font-weight: 600; border-top: 0; }
  code { font-size: .92em; }
  ul { margin: .3rem 0; padding-left: 1.1rem; }
  .quiet { color: var(--quiet); }
  .state { font-weight: 700; white-space: nowrap; }
  .passed { color: #2a7d3f; } .warned { color: #a86400; } .stopped { color: #c02a2a; }
  .synthetic { border: 2px solid #a86400; padding: .5rem .8rem; }
</style>
<h1>Checks of {{ dataset }}</h1>
{% if synthetic -%}
<p class="synthetic"><strong>SYNTHETIC</strong> data: nothing here is a finding about China.</p>
{% endif -%}
{% for report in reports %}
<h2>Layer {{ report.layer }}</h2>
<p>{{ report.results | length }} checks: {{ report.results | selectattr("passed") | list | length }}
passed, {{ report.blocking_failures | length }} stopped the run,
{{ report.failures | length - report.blocking_failures | length }} warned.</p>
<table>
<thead><tr><th>Result<th>Check<th>Expected<th>Observed</tr></thead>
<tbody>
{% for result in report.results | sort(attribute="passed") -%}
{% set state = "passed" if result.passed else
   ("stopped" if result.severity == "ERROR" else "warned") -%}
<tr id="{{ result.name }}">
<td class="state {{ state }}">{{ state }}
<td><code>{{ result.name }}</code><br>
<span class="quiet">{{ result.frame }}.{{ result.column }}, {{ result.severity }}</span>
<td>{{ result.expected }}
<td>{{ result.observed }}
{%- if result.first_rows %}
<ul>{% for row in result.first_rows %}<li>{{ in_words(row) }}{% endfor %}
{%- set more = result.n_unexpected - result.first_rows | length -%}
{% if more %}<li class="quiet">and {{ more }} more{% endif %}</ul>
{%- endif %}
{%- if result.known_outliers %}
<p class="quiet">Known outliers:</p>
<ul class="quiet">{% for row in result.known_outliers %}<li>{{ in_words(row) }}{% endfor %}</ul>
{%- endif %}
</tr>
{% endfor -%}
</tbody>
</table>
{% endfor %}
</html>
"""


def build_data_docs(reports: Sequence[CheckReport], folder: Path) -> Path:
    """Write the page of `reports`, which are of one dataset, as `folder`/index.html; return it."""
    import jinja2

    template = jinja2.Environment(autoescape=True).from_string(_TEMPLATE)
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(
        template.render(
            dataset=reports[0].dataset,
            synthetic=reports[0].synthetic,
            reports=reports,
            in_words=in_words,
        ),
        encoding="utf-8",
    )
    return page
