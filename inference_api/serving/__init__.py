"""Which photos are taken in, and when the networks see them."""
