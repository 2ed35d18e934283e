{{ items_in_order('WARN') }}
