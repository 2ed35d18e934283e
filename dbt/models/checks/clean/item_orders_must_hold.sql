{{ items_in_order('ERROR') }}
