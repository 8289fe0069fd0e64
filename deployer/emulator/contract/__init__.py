"""What each operation takes and answers, as data, and the check of a request against it."""
