"""The routes: HTTP in, values out."""
