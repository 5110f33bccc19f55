"""OAuth 2.0 at the HTTP door: authlib judges what was loaded before, the use cases store after."""
