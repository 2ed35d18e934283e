{{ coverage_kept('case when was_complete then n_before else 1 end') }}
