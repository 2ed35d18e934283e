{{ indicators_within_bounds('(is_interpolated or is_edge_filled)') }}
