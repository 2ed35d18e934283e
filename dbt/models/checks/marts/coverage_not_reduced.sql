{{ coverage_kept('n_before') }}
