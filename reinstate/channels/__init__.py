"""The doors: web, Slack and Telegram, and the gate that every message passes."""
