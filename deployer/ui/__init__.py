"""Events, reports and errors for people and machines. Only here and in `cli` is anything printed, coloured or asked."""
