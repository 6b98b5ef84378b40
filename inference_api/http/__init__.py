"""The service as others see it: addresses, requests, replies, and the page."""
