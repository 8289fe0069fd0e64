"""BSS: prices and the account's balance."""
