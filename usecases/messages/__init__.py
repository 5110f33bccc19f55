"""Telling patients that a report is there: by WeChat, and by text message where that fails."""
