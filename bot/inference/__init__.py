"""The inference service, as the bot asks it."""
