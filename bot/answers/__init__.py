"""From the record to an answer."""
