"""The Telegram bot: takes photos in, has them annotated over HTTP, and answers every one."""
