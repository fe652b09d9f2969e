"""HTTP routes: the versioned API, health, sign-in and the page."""
