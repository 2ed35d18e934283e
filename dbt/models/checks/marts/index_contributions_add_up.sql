{{ contributions_add_up('ami', 'contribution', "'ami'") }}
