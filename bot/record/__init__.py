"""Photos taken in and not yet answered, kept where a crash cannot lose them."""
