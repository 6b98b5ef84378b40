"""From what Telegram delivers to the record."""
