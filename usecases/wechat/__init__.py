"""Logging in through WeChat. It says which WeChat user somebody is, never which patient."""
