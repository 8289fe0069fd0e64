"""Location: which host answers for a product in a region."""
