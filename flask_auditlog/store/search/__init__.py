"""Reading: a query and a scope become conditions, and one index answers them."""
