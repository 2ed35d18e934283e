{{ indicators_within_bounds('not is_interpolated and not is_edge_filled') }}
