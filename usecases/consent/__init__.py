"""Consent to show sensitive personal data: asked once, recorded with its text, withdrawn freely."""
