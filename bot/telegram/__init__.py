"""What is sent to Telegram, at the pace that it allows."""
